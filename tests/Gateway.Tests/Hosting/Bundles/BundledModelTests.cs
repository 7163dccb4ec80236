using Herd.Gateway.Hosting.Bundles;
using Herd.Silo.Startup;
using Herd.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Herd.Gateway.Tests.Hosting.Bundles;

public sealed class BundledModelTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("Replica:Base", "somewhere")]
    [InlineData("Cluster:GatewayMode", "member")]
    [InlineData("Cluster:GatewayMode", "client")]
    public void ChosenBy_ProcessThatServesNothingOrSomethingElse_IsNone(string key, string value) =>
        Assert.Null(BundledModel.ChosenBy(Configuration((key, value))));

    [Fact]
    public void ChosenBy_NoBaseAnywhere_SaysWhatToDo()
    {
        var error = Assert.Throws<StartupException>(() => BundledModel.ChosenBy(Configuration()));

        Assert.Equal(
            $"No base was named, and there is no bundled one in {_folder.Path}.\n"
            + "Pass --base DIR, the folder of a LLaMA in the official or the Hugging Face form, or --set Bundle:Folder=DIR, one that 'herd demo train' made.",
            error.Message);
    }

    [Theory]
    [InlineData("Replica:Clip", "--clip")]
    [InlineData("Replica:Tokenizer", "--tokenizer")]
    public void ChosenBy_PartOfAnotherBase_IsRefused(string key, string option)
    {
        Directory.CreateDirectory(_folder.In("base"));

        var error = Assert.Throws<StartupException>(() => BundledModel.ChosenBy(Configuration((key, "somewhere"))));

        Assert.StartsWith($"{option} ({key}) belongs to a base, and none was named.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChosenBy_UnknownKey_SaysWhich()
    {
        var error = Assert.Throws<StartupException>(() => BundledModel.ChosenBy(Configuration(("Bundle:Foldr", "x"), ("Replica:Base", "somewhere"))));

        Assert.Contains("Foldr", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChosenBy_BaseAlone_IsServedWithoutPicturesAndAdapters()
    {
        Directory.CreateDirectory(_folder.In("base"));

        var bundle = BundledModel.ChosenBy(Configuration())!;

        Assert.Equal((_folder.In("base"), null), (bundle.Base, bundle.Clip));
        Assert.Equal(["demo"], bundle.Shares.Select(share => share.Tenant));
        Assert.Empty(bundle.Adapters);
    }

    [Fact]
    public void ChosenBy_Adapters_AreThoseFilesByName()
    {
        Fill("pirate.herd", "demo.herd", "notes.txt");

        var bundle = BundledModel.ChosenBy(Configuration())!;

        Assert.Equal(["demo", "pirate"], bundle.Adapters.Select(adapter => adapter.Name));
        Assert.Equal(["demo: demo pirate", "pirate: pirate"], bundle.Shares.Select(share => $"{share.Tenant}: {string.Join(' ', share.Adapters.Select(adapter => adapter.Name))}"));
    }

    [Fact]
    public void ChosenBy_FileOfANameThatNoAdapterCanHave_NamesIt()
    {
        Fill("My adapter.herd");

        var error = Assert.Throws<StartupException>(() => BundledModel.ChosenBy(Configuration()));

        Assert.Contains(_folder.In("adapters", "My adapter.herd"), error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Fill(params string[] adapters)
    {
        Directory.CreateDirectory(_folder.In("base"));
        Directory.CreateDirectory(_folder.In("adapters"));
        foreach (var adapter in adapters)
        {
            File.WriteAllText(_folder.In("adapters", adapter), "");
        }
    }

    private IConfiguration Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection([new("Bundle:Folder", _folder.Path), .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value))])
        .Build();
}
