using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Herd.Engine.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Checkpoints;

public sealed class GoldenTensorFileTests
{
    public static TheoryData<string> Files => Cases.Of(GoldenFolder.TensorFiles, "file of tensors");

    public static TheoryData<string> PyTorchFiles => Cases.Of(GoldenFolder.Find("*.pth"), "PyTorch file");

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_GoldenFile_ListsTheTensorsOfTheManifest(string name)
    {
        using var file = TensorFile.Open(GoldenFolder.PathOf(name));

        var expected = GoldenManifest.EntryOf(name).GetProperty("tensors").EnumerateObject().Select(entry =>
        {
            var (dtype, shape) = GoldenManifest.Describe(entry.Value.GetString()!);
            return new TensorInfo(entry.Name, dtype, shape);
        });
        Assert.Equal(expected.OrderBy(info => info.Name), file.Tensors.Values.OrderBy(info => info.Name));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Take_EveryTensorOfAGoldenFile_ReadsItFinite(string name)
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(GoldenFolder.PathOf(name));
        var reader = new TensorReader(file);

        foreach (var info in file.Tensors.Values)
        {
            var tensor = reader.Take(info.Name, [.. info.Shape]);
            Assert.Equal(info.DType, tensor.dtype);
            Assert.Equal(info.Shape, tensor.shape);
            Assert.True(tensor.is_contiguous());
        }

        reader.ExpectAllTaken();
    }

    [Theory]
    [MemberData(nameof(PyTorchFiles))]
    public void TryGetConfig_AdapterFile_GivesTheValuesOfTheManifest(string name)
    {
        Assert.SkipUnless(GoldenManifest.EntryOf(name).TryGetProperty("config", out var config), "The file holds no configuration.");

        using var file = PthFile.Open(GoldenFolder.PathOf(name));
        foreach (var entry in config.EnumerateObject())
        {
            if (entry.Value.ValueKind == JsonValueKind.Number)
            {
                Assert.True(file.TryGetConfig(entry.Name, out long number));
                Assert.Equal(entry.Value.GetInt64(), number);
            }
            else
            {
                Assert.True(file.TryGetConfig(entry.Name, out bool flag));
                Assert.Equal(entry.Value.GetBoolean(), flag);
            }
        }
    }

    [Fact]
    public void Read_BothFormsOfABase_GiveTheSameBits()
    {
        var pairs = GoldenFolder.Find("*/consolidated.00.pth").Select(meta => (Meta: meta, HuggingFace: meta.Replace("consolidated.00.pth", "hf/model.safetensors", StringComparison.Ordinal)))
            .Where(pair => GoldenFolder.Has(pair.HuggingFace)).ToList();

        Assert.SkipWhen(pairs.Count == 0, "The golden files hold no base in both forms.");
        Assert.All(pairs, pair => Assert.NotEqual(0, Compare(GoldenFolder.PathOf(pair.Meta), GoldenFolder.PathOf(pair.HuggingFace))));
    }

    /// <summary>Compares what both forms store alike: all but q and k, whose rows differ in order.</summary>
    private static int Compare(string meta, string huggingFace)
    {
        using var scope = NewDisposeScope();
        using var first = TensorFile.Open(meta);
        using var second = TensorFile.Open(huggingFace);
        var compared = 0;
        foreach (var name in first.Tensors.Keys)
        {
            if (HuggingFaceName(name) is { } other)
            {
                var left = first.Read(name);
                var right = second.Read(other);
                Assert.Equal(left.dtype, right.dtype);
                Assert.Equal(left.shape, right.shape);
                Assert.True(left.bytes.SequenceEqual(right.bytes), name);
                compared++;
            }
        }

        return compared;
    }

    private static string? HuggingFaceName(string meta)
    {
        return meta.Split('.') switch
        {
            ["tok_embeddings", "weight"] => "model.embed_tokens.weight",
            ["norm", "weight"] => "model.norm.weight",
            ["output", "weight"] => "lm_head.weight",
            ["layers", var layer, "attention", "wv", "weight"] => $"model.layers.{layer}.self_attn.v_proj.weight",
            ["layers", var layer, "attention", "wo", "weight"] => $"model.layers.{layer}.self_attn.o_proj.weight",
            ["layers", var layer, "feed_forward", "w1", "weight"] => $"model.layers.{layer}.mlp.gate_proj.weight",
            ["layers", var layer, "feed_forward", "w2", "weight"] => $"model.layers.{layer}.mlp.down_proj.weight",
            ["layers", var layer, "feed_forward", "w3", "weight"] => $"model.layers.{layer}.mlp.up_proj.weight",
            ["layers", var layer, "attention_norm", "weight"] => $"model.layers.{layer}.input_layernorm.weight",
            ["layers", var layer, "ffn_norm", "weight"] => $"model.layers.{layer}.post_attention_layernorm.weight",
            _ => null,
        };
    }
}
