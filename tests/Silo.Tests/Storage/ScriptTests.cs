using Herd.Silo.Storage;

namespace Herd.Silo.Tests.Storage;

public sealed class ScriptTests
{
    private static readonly string[] Backends = ["sqlite", "postgresql"];

    [Fact]
    public void Both_databases_have_scripts_of_the_same_numbers_and_names() =>
        Assert.Equal(Names(Backends[0]), Names(Backends[1]));

    [Fact]
    public void Scripts_are_numbered_without_gaps() => Assert.All(Backends, backend =>
    {
        var versions = Migrator.ScriptsOf(backend).Select(script => script.Version).ToArray();
        Assert.Equal(Enumerable.Range(1, versions.Length), versions);
    });

    private static IEnumerable<string> Names(string backend) => Migrator.ScriptsOf(backend).Select(script => script.Name);
}
