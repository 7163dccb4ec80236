using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Model;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

/// <summary>What a tuned matrix computes in either order of scales, and what projects prompts, each against its formula.</summary>
public sealed class TunedFormulaTests : IDisposable
{
    private const int Layer = 1;

    private static readonly LlamaConfig Config = AdapterSketch.Base;

    private readonly TestFolder _folder = new();
    private readonly WeightStore _weights = RandomBase.Make(Config);

    [Theory]
    [InlineData(ScaleOrder.Input)]
    [InlineData(ScaleOrder.Output)]
    public void Linear_EitherOrderOfScales_IsItsFormula(ScaleOrder order)
    {
        using var scope = NewDisposeScope();
        var sketch = order == ScaleOrder.Input ? AdapterSketch.Chat() : AdapterSketch.PaperOrder();
        using var adapter = Read(sketch, AdapterSketch.Options with { ScaleOrder = order });
        using var bank = new AdapterBank(Config, _weights.Stages[0], ScalarType.Float32, adapters: 1);
        bank.Fill(adapter, 1);

        foreach (var linear in TunedLinearExtensions.All)
        {
            var x = randn(4, linear.InWidth(Config));
            var prefix = $"layers.{Layer}.{(linear.IsAttention() ? "attention" : "feed_forward")}.{linear.OfficialName()}";
            var (s, b, w) = (sketch.Tensors[prefix + "_scale"], sketch.Tensors[prefix + "_bias"], Matrix(linear));
            var expected = order == ScaleOrder.Input ? (s * x).matmul(w.t()) + b : s * (x.matmul(w.t()) + b);

            AssertClose(expected, bank.Linear(x, Layer, linear, new RowSlots([1, 1, 1, 1], [], CPU)));
        }
    }

    [Theory]
    [InlineData(PromptProjection.Base)]
    [InlineData(PromptProjection.Tuned)]
    public void PromptKeyValues_EitherProjection_IsItsFormula(PromptProjection projection)
    {
        using var scope = NewDisposeScope();
        var sketch = AdapterSketch.Chat();
        sketch.Add("adapter_query.weight", 8, Config.Width);
        sketch.Add("layers.1.attention.gate", 1, Config.Heads, 1, 1);
        sketch.Add("layers.2.attention.gate", 1, Config.Heads, 1, 1);
        using var adapter = Read(sketch, AdapterSketch.Options with { PromptKeyValues = projection });
        using var model = new LlamaModel(Config, _weights, new ModelRoom(Adapters: 1, Blocks: 4, Positions: 64));
        var prompts = adapter.Prompts[Layer].Static!;

        var (keys, values) = model.PromptKeyValues(prompts, Layer, adapter.ProjectsPromptsTuned ? adapter : null);

        foreach (var (linear, found) in new[] { (TunedLinear.Key, keys), (TunedLinear.Value, values) })
        {
            var prefix = $"layers.{Layer}.attention.{linear.OfficialName()}";
            var (s, b, w) = (sketch.Tensors[prefix + "_scale"], sketch.Tensors[prefix + "_bias"], Matrix(linear));
            var expected = projection == PromptProjection.Base ? prompts.matmul(w.t()) : (s * prompts).matmul(w.t()) + b;
            AssertClose(expected.view(prompts.shape[0], Config.KvHeads, Config.HeadWidth).transpose(0, 1).unsqueeze(0), found);
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _folder.Dispose();
    }

    private static void AssertClose(Tensor expected, Tensor found)
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange((expected - found).abs().max().item<float>(), 0, 1e-4f);
    }

    private Tensor Matrix(TunedLinear linear) => _weights.Stages[0][Layer][linear].Tensors[0];

    private AdapterWeights Read(AdapterSketch sketch, AdapterReadOptions options)
    {
        using var package = AdapterPackage.Read(sketch.Write(_folder.In("adapter")), options);
        return AdapterWeights.FromPackage(package, Config);
    }
}
