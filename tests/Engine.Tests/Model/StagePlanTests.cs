using CsCheck;
using Herd.Engine.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

public sealed class StagePlanTests
{
    private static readonly Gen<(int Devices, int Layers, StageBytes Bytes)> AnyBase =
        from devices in Gen.Int[1, 12]
        from layers in Gen.Int[devices, 100]
        from layer in Gen.Long[1, 1L << 34]
        from ends in Gen.Long[0, 1L << 34]
        select (devices, layers, new StageBytes(layer, ends, ends));

    [Fact]
    public void Divide_AnyBase_CoversEveryLayerOnceAndInOrder() => AnyBase.Sample(sketch =>
    {
        var plans = StagePlan.Divide([.. Enumerable.Repeat(CPU, sketch.Devices)], sketch.Layers, sketch.Bytes);

        Assert.Equal(sketch.Devices, plans.Count);
        Assert.All(plans, plan => Assert.InRange(plan.Count, 1, sketch.Layers));
        Assert.Equal(Enumerable.Range(0, sketch.Layers), plans.SelectMany(plan => plan.Layers));
    });

    [Fact]
    public void Divide_AnyBase_GivesNoStageMoreThanALayerAboveItsShare() => AnyBase.Sample(sketch =>
    {
        var (devices, layers, bytes) = sketch;
        var plans = StagePlan.Divide([.. Enumerable.Repeat(CPU, devices)], layers, bytes);
        var share = ((layers * (double)bytes.Layer) + bytes.Embedding + bytes.Output) / devices;
        var held = plans.Select((plan, index) => (plan.Count * (double)bytes.Layer) + (index == 0 ? bytes.Embedding : 0) + (index == devices - 1 ? bytes.Output : 0));

        // A stage of one layer cannot hold less, however large embedding or output are.
        Assert.All(plans.Zip(held).Where(pair => pair.First.Count > 1), pair => Assert.InRange(pair.Second, 0, share + (1.000001 * bytes.Layer)));
    });

    [Fact]
    public void Divide_Llama65BOverFour_PutsFewerLayersBesideEmbeddingAndOutput()
    {
        var ends = 32_000L * 8192 * 2;
        var plans = StagePlan.Divide([CPU, CPU, CPU, CPU], 80, new StageBytes(2 * ((4 * 8192L * 8192) + (3 * 8192L * 22016)), ends, ends));

        Assert.Equal([20, 20, 20, 20], plans.Select(plan => plan.Count));
        Assert.Equal([0, 20, 40, 60], plans.Select(plan => plan.First));
    }

    [Fact]
    public void Divide_LargeEmbedding_MovesLayersAwayFromIt()
    {
        var plans = StagePlan.Divide([CPU, CPU], 8, new StageBytes(Layer: 10, Embedding: 40, Output: 0));

        Assert.Equal([2, 6], plans.Select(plan => plan.Count));
    }
}
