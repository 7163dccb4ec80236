using Herd.Silo.Tests.Hosting;

[assembly: AssemblyFixture(typeof(SharedSilo))]
