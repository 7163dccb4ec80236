using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Finds infinities and NaNs by their bits, without the temporary tensors that libtorch would make.</summary>
internal static class FiniteCheck
{
    /// <summary>Whether every element is finite; true for whole-number types.</summary>
    /// <param name="tensor">Contiguous, on the CPU, any shape.</param>
    internal static bool IsFinite(Tensor tensor)
    {
        var finite = true;
        TensorBytes.ForEachPiece(tensor, piece => finite = finite && IsFinite(piece, tensor.dtype));
        return finite;
    }

    private static bool IsFinite(Span<byte> bytes, ScalarType dtype)
    {
        return dtype switch
        {
            ScalarType.Float16 => AllBelow<ushort>(bytes, 0x7fff, 0x7c00),
            ScalarType.BFloat16 => AllBelow<ushort>(bytes, 0x7fff, 0x7f80),
            ScalarType.Float32 => AllBelow<uint>(bytes, 0x7fff_ffff, 0x7f80_0000),
            ScalarType.Float64 => AllBelow<ulong>(bytes, 0x7fff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000),
            _ => true,
        };
    }

    /// <summary>Without its sign, an IEEE number is finite when its bits are below those of infinity.</summary>
    private static bool AllBelow<T>(ReadOnlySpan<byte> bytes, T magnitude, T infinity)
        where T : unmanaged, IBinaryInteger<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        foreach (var vector in vectors)
        {
            if (Vector.GreaterThanOrEqualAny(vector & new Vector<T>(magnitude), new Vector<T>(infinity)))
            {
                return false;
            }
        }

        foreach (var value in values[(vectors.Length * Vector<T>.Count)..])
        {
            if ((value & magnitude) >= infinity)
            {
                return false;
            }
        }

        return true;
    }
}
