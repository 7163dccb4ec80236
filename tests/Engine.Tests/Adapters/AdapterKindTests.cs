using Herd.Engine.Adapters;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

/// <summary>Low-rank pairs, early fusion, V1 prompts and the paper's order of scales: read, told by the manifest, converted, and held as the engine needs them.</summary>
public sealed class AdapterKindTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public static TheoryData<string> Kinds => ["lora", "early", "prefix"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_converted_form_is_the_same_version(string kind)
    {
        using var package = AdapterPackage.Read(Sketch(kind).Write(_folder.In("file")), AdapterSketch.Options);
        package.Save(_folder.In("converted"));
        package.Save(_folder.In("converted.herd"));

        using var fromFolder = AdapterPackage.Read(_folder.In("converted"), AdapterSketch.Options);
        using var fromFile = AdapterPackage.Read(_folder.In("converted.herd"), AdapterSketch.Options);

        Assert.Equal(package.ManifestJson, fromFolder.ManifestJson);
        Assert.Equal(package.Version, fromFile.Version);
        Assert.Equal(Sketch(kind).Tensors.Values.Sum(tensor => tensor.numel()), package.Parameters);
    }

    [Fact]
    public void Low_rank_pairs_are_held_by_layer_and_matrix()
    {
        var sketch = Sketch("lora");
        using var package = AdapterPackage.Read(sketch.Write(_folder.In("file")), AdapterSketch.Options);
        using var weights = AdapterWeights.FromPackage(package, AdapterSketch.Base);

        Assert.Equal(3, package.Manifest.Lora!.MaxRank);
        Assert.Equal(TunedLinearExtensions.All, package.Manifest.Lora.Linears);
        AssertEqual(sketch.Tensors["llama.layers.1.attention.lora_wk_l1.weight"], weights.Lora(1, TunedLinear.Key)!.In);
        AssertEqual(sketch.Tensors["llama.layers.1.attention.lora_wk_l2.weight"], weights.Lora(1, TunedLinear.Key)!.Out);
        var gate = sketch.Tensors["llama.layers.2.attention.gate"].to(ScalarType.Float32).tanh().view(-1) * sketch.Tensors["llama.layers.2.attention.new_gate"].view(-1);
        AssertEqual(gate, weights.Prompts[2].Gate);
    }

    [Fact]
    public void Early_fusion_puts_the_picture_alone_into_the_first_layers()
    {
        using var package = AdapterPackage.Read(Sketch("early").Write(_folder.In("file")), AdapterSketch.Options);
        using var weights = AdapterWeights.FromPackage(package, AdapterSketch.Base);

        Assert.Equal(new ManifestEarlyFusion { EarlyLayers = 2, Slots = 3 }, package.Manifest.EarlyFusion);
        Assert.Equal((2, 1, 5), (package.Manifest.Prompts!.FirstLayer, package.Manifest.Prompts.Layers, package.Manifest.Prompts.Length));
        Assert.True(weights.WaitsForPicture);
        Assert.Equal([0, 1, 2], weights.Prompts.Keys.Order());
        Assert.All([0, 1], layer => Assert.True(weights.Prompts[layer] is { TakesPicture: true, Static: null }));
        Assert.True(weights.Prompts[2] is { TakesPicture: false, Static: not null });
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(GateForm.Tanh, true)]
    public void V1_gates_are_taken_as_they_are_unless_told_otherwise(GateForm? form, bool tangent)
    {
        var sketch = Sketch("prefix");
        using var package = AdapterPackage.Read(sketch.Write(_folder.In("file")), AdapterSketch.Options with { Gate = form });
        using var weights = AdapterWeights.FromPackage(package, AdapterSketch.Base);

        Assert.Equal([1, 2], weights.Prompts.Keys.Order());
        var gate = sketch.Tensors["layers.1.attention.gate"].view(-1);
        AssertEqual(tangent ? gate.tanh() : gate, weights.Prompts[1].Gate);
        Assert.Equal(PromptProjection.Base, package.Manifest.Prompts!.KeyValues);
    }

    [Fact]
    public void Prompts_of_a_chat_model_go_through_its_tuned_matrices_and_are_as_many_as_its_gates_say()
    {
        var sketch = AdapterSketch.Chat();
        sketch.Add("adapter_query.weight", 8, AdapterSketch.Base.Width);
        sketch.Add("layers.1.attention.gate", 1, AdapterSketch.Base.Heads, 1, 1);
        sketch.Add("layers.2.attention.gate", 1, AdapterSketch.Base.Heads, 1, 1);
        using var package = AdapterPackage.Read(sketch.Write(_folder.In("file")), AdapterSketch.Options);

        Assert.Equal(
            new ManifestPrompts { FirstLayer = 1, Gate = GateForm.Tanh, KeyValues = PromptProjection.Tuned, Layers = 2, Length = 4 }, package.Manifest.Prompts);
    }

    [Fact]
    public void Scales_behind_the_matrix_have_the_width_of_its_output()
    {
        var sketch = AdapterSketch.PaperOrder();
        using var package = AdapterPackage.Read(sketch.Write(_folder.In("file")), AdapterSketch.Options with { ScaleOrder = ScaleOrder.Output });
        using var weights = AdapterWeights.FromPackage(package, AdapterSketch.Base);

        Assert.Equal(ScaleOrder.Output, package.Manifest.Tuning!.Order);
        AssertEqual(sketch.Tensors["layers.0.feed_forward.w1_scale"], weights.OutputScale(0, TunedLinear.Gate));
        Assert.Null(weights.InputScale(0, TunedLinear.Gate));
    }

    [Fact]
    public void Read_SettingThatTheKindHasNot_IsRefusedByName()
    {
        void Expect(string kind, AdapterReadOptions options, string named)
        {
            var error = Assert.Throws<EngineException>(() => AdapterPackage.Read(Sketch(kind).Write(_folder.In("file")), options));
            Assert.Equal(EngineErrorCode.Incompatible, error.Code);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }

        Expect("early", AdapterSketch.Options with { Gate = GateForm.Raw }, "'gate': expected Raw, found Tanh");
        Expect("early", AdapterSketch.Options with { PromptKeyValues = PromptProjection.Tuned }, "'keyValues': expected Tuned, found Base");
        Expect("lora", AdapterSketch.Options with { PromptLength = 7 }, "'length': expected 7, found 3");
        Expect("prefix", AdapterSketch.Options with { ScaleOrder = ScaleOrder.Output }, "'order': expected Output, found none");
    }

    public void Dispose() => _folder.Dispose();

    private static AdapterSketch Sketch(string kind) => kind switch
    {
        "lora" => AdapterSketch.Lora(),
        "early" => AdapterSketch.Early(),
        _ => AdapterSketch.Prefix(),
    };

    private static void AssertEqual(Tensor expected, Tensor? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.equal(actual).all().item<bool>());
    }
}
