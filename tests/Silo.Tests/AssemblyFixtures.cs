using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

[assembly: AssemblyFixture(typeof(SharedSilo))]
[assembly: AssemblyFixture(typeof(SharedPostgres))]
