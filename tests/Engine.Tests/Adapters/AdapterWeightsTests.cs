using Herd.Engine.Adapters;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class AdapterWeightsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void FromPackage_gives_the_files_values_by_layer_and_matrix()
    {
        var sketch = AdapterSketch.Chat();
        using var weights = Weights(sketch);

        for (var layer = 0; layer < AdapterSketch.Base.Layers; layer++)
        {
            AssertEqual(sketch.Tensors[$"layers.{layer}.attention.wo_bias"], weights.Bias(layer, TunedLinear.Output));
            AssertEqual(sketch.Tensors[$"layers.{layer}.attention.wk_scale"], weights.InputScale(layer, TunedLinear.Key));
            AssertEqual(sketch.Tensors[$"layers.{layer}.feed_forward.w1_bias"], weights.Bias(layer, TunedLinear.Gate));
            AssertEqual(sketch.Tensors[$"layers.{layer}.feed_forward.w2_scale"], weights.InputScale(layer, TunedLinear.Down));
            AssertEqual(sketch.Tensors[$"layers.{layer}.feed_forward.w3_bias"], weights.Bias(layer, TunedLinear.Up));
            AssertEqual(sketch.Tensors[$"layers.{layer}.attention_norm.weight"], weights.AttentionNorm(layer));
            AssertEqual(sketch.Tensors[$"layers.{layer}.ffn_norm.weight"], weights.FeedForwardNorm(layer));
        }

        AssertEqual(sketch.Tensors["norm.weight"], weights.FinalNorm);
        Assert.Empty(weights.Prompts);
        Assert.Null(weights.Visual);
    }

    [Fact]
    public void FromPackage_gives_prompts_layer_by_layer_and_the_tangent_of_their_gates()
    {
        var sketch = AdapterSketch.Multimodal();
        using var weights = Weights(sketch);

        Assert.Equal([1, 2], weights.Prompts.Keys.Order());
        AssertEqual(sketch.Tensors["adapter_query.weight"].view(2, 3, 8)[1], weights.Prompts[2].Static);
        AssertEqual(sketch.Tensors["llama.layers.2.attention.gate"].to(ScalarType.Float32).tanh().view(4), weights.Prompts[2].Gate);
        Assert.All(weights.Prompts.Values, prompts => Assert.True(prompts.TakesPicture));
        Assert.Equal(3, weights.Visual!.Shape.QueryLength);
    }

    [Fact]
    public void What_a_file_leaves_out_is_null_and_a_gate_that_is_not_there_is_closed()
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Tensors.Remove("llama.layers.1.attention.gate");
        sketch.Tensors.Remove("llama.layers.1.attention.wq.bias");
        sketch.Tensors.Remove("llama.norm.weight");
        using var weights = Weights(sketch);

        AssertEqual(zeros(4), weights.Prompts[1].Gate);
        Assert.Null(weights.Bias(1, TunedLinear.Query));
        Assert.Null(weights.FinalNorm);
        Assert.Null(weights.Bias(0, TunedLinear.Key));
        Assert.True(weights.TunesNorms);
    }

    [Fact]
    public void Any_float_type_becomes_Float32()
    {
        var sketch = AdapterSketch.Chat();
        sketch.Change("norm.weight", norm => norm.to(ScalarType.BFloat16));
        sketch.Change("layers.0.attention.wq_bias", bias => bias.to(ScalarType.Float64));
        using var weights = Weights(sketch);

        AssertEqual(sketch.Tensors["norm.weight"].to(ScalarType.Float32), weights.FinalNorm);
        AssertEqual(sketch.Tensors["layers.0.attention.wq_bias"].to(ScalarType.Float32), weights.Bias(0, TunedLinear.Query));
    }

    [Fact]
    public void Bytes_counts_four_for_every_value_in_use()
    {
        var sketch = AdapterSketch.Multimodal();
        var idle = sketch.Tensors["llama.layers.0.attention.gate"].numel();
        using var weights = Weights(sketch);

        Assert.Equal(4 * (sketch.Tensors.Values.Sum(tensor => tensor.numel()) - idle), weights.Memory.OwnBytes + weights.Memory.FrontEndBytes);
    }

    [Fact]
    public void FromPackage_refuses_a_base_of_other_sizes()
    {
        using var package = AdapterPackage.Read(AdapterSketch.Chat().Write(_folder.In("file")), AdapterSketch.Options);

        var error = Assert.Throws<EngineException>(() => AdapterWeights.FromPackage(package, AdapterSketch.Base with { Layers = 4 }));

        Assert.Equal(EngineErrorCode.Incompatible, error.Code);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The package is gone when the weights are used.</summary>
    private AdapterWeights Weights(AdapterSketch sketch)
    {
        using var package = AdapterPackage.Read(sketch.Write(_folder.In("file")), AdapterSketch.Options);
        return AdapterWeights.FromPackage(package, AdapterSketch.Base);
    }

    private static void AssertEqual(Tensor expected, Tensor? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(ScalarType.Float32, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.equal(actual).all().item<bool>());
    }
}
