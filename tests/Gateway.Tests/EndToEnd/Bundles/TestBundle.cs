using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Vision;
using Herd.Testing;
using Herd.Testing.Adapters;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.Bundles;

/// <summary>A bundled model of the golden base: an adapter that sees, and two that each say a word over and over.</summary>
public sealed class TestBundle : IAsyncLifetime
{
    private const int Words = 4;

    private readonly TestFolder _folder = new();
    private readonly Queue<WordAdapter> _words = new(WordAdapter.Make(Words));
    private AdapterReadOptions _reading = null!;

    /// <summary>Where it lies.</summary>
    public string Path => _folder.In("models");

    /// <summary>What the adapter <c>anchor</c> says.</summary>
    public string AnchorWord { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder.In("models", "adapters"));
        Copy(System.IO.Path.Combine(RepositoryFiles.Golden, "tiny-llama", "hf"), _folder.In("models", "base"));
        File.Copy(RepositoryFiles.Tokenizer, _folder.In("models", "base", "tokenizer.model"));
        var clip = _folder.In("models", "clip.safetensors");
        File.Copy(GatewayProcess.GoldenClip[1], clip);
        var model = BaseFolder.Open(_folder.In("models", "base"));
        var digest = await model.ComputeDigestAsync(cancellationToken: TestContext.Current.CancellationToken);
        _reading = new AdapterReadOptions { BaseConfig = model.Config, BaseDigest = BaseFolder.WithImageEncoder(digest, ClipEncoder.ComputeDigest(clip)) };
        AnchorWord = AddWord(Path, "anchor");
        AddWord(Path, "boat");
        using var eye = AdapterPackage.Read(System.IO.Path.Combine(RepositoryFiles.Golden, "adapters", "BIAS.pth"), _reading with { VisualHeads = 4 });
        eye.Save(FileOf(Path, "eye"));
    }

    /// <summary>A copy that a test may change.</summary>
    public string CopyTo(string path)
    {
        Copy(Path, path);
        return path;
    }

    /// <summary>Puts an adapter into a bundle, in place of one of its name.</summary>
    /// <returns>The word it says; no other one says it.</returns>
    public string AddWord(string bundle, string name)
    {
        File.Delete(FileOf(bundle, name));
        using var package = AdapterPackage.Read(NewWord(out var word), _reading with { Template = "raw" });
        package.Save(FileOf(bundle, name));
        return word;
    }

    /// <summary>An adapter file for an upload.</summary>
    public string NewWord(out string word)
    {
        var adapter = _words.Dequeue();
        word = adapter.Word;
        return adapter.Write(_folder.In($"{word}.safetensors"));
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Where an adapter of a bundle lies.</summary>
    public static string FileOf(string bundle, string name) => System.IO.Path.Combine(bundle, "adapters", name + ".herd");

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(to, System.IO.Path.GetRelativePath(from, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
