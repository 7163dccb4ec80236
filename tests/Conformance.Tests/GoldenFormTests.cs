using Herd.Conformance.Tests.Golden;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests;

/// <summary>Reports, as skipped tests, what the golden files lack and which of them nothing checks.</summary>
public sealed class GoldenFormTests
{
    /// <summary>Every part of the form, by pattern, and what it is.</summary>
    private static readonly Dictionary<string, string> Parts = new()
    {
        [GoldenFolder.Tokenizer] = "the tokenizer",
        ["tokenizer/cases.json"] = "tokenizer cases",
        ["tokenizer/vocab.json"] = "the tokenizer's pieces",
        ["*/params.json"] = "configuration of a base in Meta's form",
        ["*/consolidated.*.pth"] = "weights of a base in Meta's form",
        ["*/config.json"] = "configuration of a base in Hugging Face's form, or of the image encoder",
        ["*/model*.safetensors"] = "weights of a base in Hugging Face's form",
        ["*/expected.safetensors"] = "outputs of a base",
        ["clip/*.pth"] = "the image encoder as a PyTorch file",
        ["clip/*.safetensors"] = "the image encoder as safetensors",
        ["adapters/*.pth"] = "adapters",
        ["adapters/*config.json"] = "configuration of adapters",
        ["images/*"] = "picture files",
        ["expected/images.safetensors"] = "prepared pictures",
        ["expected/mm-*.safetensors"] = "outputs of adapters with pictures",
        ["expected/chat-*.safetensors"] = "outputs of chat adapters",
        ["expected/v1-*.safetensors"] = "outputs of V1 adapters",
        ["expected/generate-*-logits.safetensors"] = "logits of generations",
        ["expected/generate-*.json"] = "generations",
        ["expected/sampling.safetensors"] = "distributions to draw tokens from",
        ["expected/prompts.json"] = "rendered prompts",
        ["expected/preprocess.safetensors"] = "prepared picture files",
        ["expected/png-end-to-end.safetensors"] = "outputs from picture files",
        ["expected/dataset-items.json"] = "training items",
        ["expected/train-*.safetensors"] = "gradients and training steps",
        ["expected/train-*.json"] = "what trains",
        ["manifest.json"] = "the manifest",
        ["README.md"] = "the description",
    };

    public static TheoryData<string> Patterns => [.. Parts.Keys];

    public static TheoryData<string> Listed => Cases.Of(GoldenManifest.Files, "manifest");

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Part_IsThereAndChecked(string pattern)
    {
        var files = GoldenFolder.Find(pattern).ToList();
        Assert.SkipWhen(files.Count == 0, $"Absent: {pattern} ({Parts[pattern]}).");

        Assert.All(files, file => Assert.NotEqual(0, new FileInfo(GoldenFolder.PathOf(file)).Length));
    }

    [Fact]
    public void EveryFile_IsOfTheForm()
    {
        var strangers = GoldenFolder.Names.Except(Parts.Keys.SelectMany(GoldenFolder.Find)).ToList();

        Assert.SkipWhen(strangers.Count > 0, $"No part of the form; nothing checks them: {string.Join(", ", strangers)}.");
    }

    [Theory]
    [MemberData(nameof(Listed))]
    public void ListedFile_IsAsTheManifestSays(string name) =>
        Assert.Equal(GoldenManifest.EntryOf(name).GetProperty("bytes").GetInt64(), new FileInfo(Path.Combine(RepositoryFiles.Golden, name)).Length);
}
