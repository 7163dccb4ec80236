using Herd.Conformance.Tests.Golden;
using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>Keeps what the blocks compute, in the scope that is open when the step begins.</summary>
internal sealed class HiddenStates : ILayerProbe
{
    private readonly List<Tensor> _blocks = [];
    private readonly List<Tensor> _attention = [];

    public void AttentionOutput(int layer, Tensor rows) => _attention.Add(rows.clone().DetachFromDisposeScope());

    public void BlockOutput(int layer, Tensor rows) => _blocks.Add(rows.clone().DetachFromDisposeScope());

    /// <summary>Compares with the outputs recorded for blocks, numbered behind a prefix.</summary>
    public void AssertBlocks(GoldenTensors expected, string prefix) => AssertLayers(expected, prefix, _blocks);

    /// <summary>Compares with the outputs recorded for attention, numbered behind a prefix.</summary>
    public void AssertAttention(GoldenTensors expected, string prefix) => AssertLayers(expected, prefix, _attention);

    private static void AssertLayers(GoldenTensors expected, string prefix, List<Tensor> layers)
    {
        foreach (var (name, number) in expected.Matching(prefix, ""))
        {
            using var rows = expected.Read(name);
            expected.AssertClose(name, layers[int.Parse(number)].narrow(0, 0, rows.shape[0]), Difference.Logits);
        }
    }
}
