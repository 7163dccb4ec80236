using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>Keeps what the blocks compute, in the scope that is open when the step begins.</summary>
internal sealed class HiddenStates : ILayerProbe
{
    private readonly List<Tensor> _blocks = [];
    private readonly List<Tensor> _attention = [];

    public IReadOnlyList<Tensor> Blocks => _blocks;

    public IReadOnlyList<Tensor> Attention => _attention;

    public void AttentionOutput(int layer, Tensor rows) => _attention.Add(rows.clone().DetachFromDisposeScope());

    public void BlockOutput(int layer, Tensor rows) => _blocks.Add(rows.clone().DetachFromDisposeScope());
}
