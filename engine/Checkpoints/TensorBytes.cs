using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Works on one run of a tensor's memory.</summary>
internal delegate void PieceAction(Span<byte> piece);

/// <summary>The memory of a tensor, in pieces that a span can name and a cache can hold.</summary>
internal static class TensorBytes
{
    private const int PieceBytes = 4 << 20;

    /// <summary>Hands the memory of a tensor over, piece after piece, each of whole elements.</summary>
    /// <param name="tensor">Contiguous, on the CPU, of a <see cref="StoredType"/>, any shape.</param>
    /// <param name="action">Reads or writes one piece.</param>
    internal static void ForEachPiece(Tensor tensor, PieceAction action)
    {
        var step = PieceBytes / tensor.ElementSize;
        var count = tensor.numel();
        if (count == 0)
        {
            return;
        }

        using var flat = tensor.view(-1);
        for (long start = 0; start < count; start += step)
        {
            using var piece = flat.narrow(0, start, Math.Min(step, count - start));
            action(piece.bytes);
        }
    }
}
