using System.Runtime.InteropServices;
using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Execution;

/// <summary>Turns a step's segments into tensors and its last rows back into logits on the host.</summary>
/// <remarks>Device thread only.</remarks>
/// <param name="model">The model.</param>
/// <param name="pieces">Pieces of the tokenizer. A base may have further rows, which pad its matrices: they have no text and are never chosen.</param>
internal sealed class StepRunner(LlamaModel model, int pieces)
{
    /// <summary>Computes a step.</summary>
    /// <param name="segments">What to compute; at least one.</param>
    /// <param name="wanted">For which of them the logits behind the last token are wanted.</param>
    /// <returns>One array with a value for each of the tokenizer's pieces per wanted segment, in order of <paramref name="segments"/>.</returns>
    public IReadOnlyList<float[]> Run(IReadOnlyList<Segment> segments, Func<Segment, bool> wanted)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var step = new PackedStep(segments, model.Dtype, model.Devices);
        var hidden = model.Forward(step);
        var placed = step.Segments.Where(segment => wanted(segment.Segment)).ToArray();
        if (placed.Length == 0)
        {
            return [];
        }

        var lastRows = PackedStep.Padded([.. placed.Select(segment => (long)(segment.FirstRow + segment.Count - 1))], model.OutputDevice);
        var logits = model.Logits(hidden.index_select(0, lastRows), PackedStep.SlotsOfLastRows(placed, model.OutputDevice)).narrow(1, 0, pieces).cpu();
        return [.. segments.Where(wanted).Select(segment => ToArray(logits[Array.FindIndex(placed, row => ReferenceEquals(row.Segment, segment))]))];
    }

    private static float[] ToArray(Tensor row) => MemoryMarshal.Cast<byte, float>(row.contiguous().bytes).ToArray();
}
