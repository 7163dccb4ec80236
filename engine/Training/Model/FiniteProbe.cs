using Herd.Engine.Checkpoints;
using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>Finds the first result of a forward pass that holds an infinity or NaN.</summary>
internal sealed class FiniteProbe : ILayerProbe
{
    /// <summary>What it is; null as long as all is finite.</summary>
    public string? First { get; private set; }

    /// <inheritdoc/>
    public void AttentionOutput(int layer, Tensor rows) => Look($"the attention of layer {layer}", rows);

    /// <inheritdoc/>
    public void BlockOutput(int layer, Tensor rows) => Look($"the output of layer {layer}", rows);

    private void Look(string what, Tensor rows)
    {
        using var scope = NewDisposeScope();
        if (First is null && !FiniteCheck.IsFinite(rows.contiguous()))
        {
            First = what;
        }
    }
}
