using TorchSharp;

namespace Herd.Engine.Checkpoints;

/// <summary>An element type that files may hold, with its names in both formats.</summary>
/// <param name="DType">The tensor type it is read as.</param>
/// <param name="Size">Bytes per element.</param>
/// <param name="Safetensors">Its name in a safetensors header.</param>
/// <param name="Storage">The PyTorch storage class that holds it.</param>
internal sealed record StoredType(torch.ScalarType DType, int Size, string Safetensors, string Storage)
{
    /// <summary>The most axes a tensor may have.</summary>
    internal const int MaxRank = 16;

    private static readonly StoredType[] All =
    [
        new(torch.ScalarType.Float32, 4, "F32", "FloatStorage"),
        new(torch.ScalarType.Float16, 2, "F16", "HalfStorage"),
        new(torch.ScalarType.BFloat16, 2, "BF16", "BFloat16Storage"),
        new(torch.ScalarType.Float64, 8, "F64", "DoubleStorage"),
        new(torch.ScalarType.Int64, 8, "I64", "LongStorage"),
        new(torch.ScalarType.Int32, 4, "I32", "IntStorage"),
        new(torch.ScalarType.Int16, 2, "I16", "ShortStorage"),
        new(torch.ScalarType.Int8, 1, "I8", "CharStorage"),
        new(torch.ScalarType.Byte, 1, "U8", "ByteStorage"),
        new(torch.ScalarType.Bool, 1, "BOOL", "BoolStorage"),
    ];

    internal static StoredType? Of(torch.ScalarType dtype)
    {
        return Array.Find(All, type => type.DType == dtype);
    }

    internal static StoredType? OfSafetensors(string name)
    {
        return Array.Find(All, type => type.Safetensors == name);
    }

    internal static StoredType? OfStorage(string name)
    {
        return Array.Find(All, type => type.Storage == name);
    }

    /// <summary>Counts the elements of a shape. Null for a negative axis, too many axes, or a size beyond what addresses can hold,
    /// also where an axis of length 0 would hide it: libtorch multiplies the others for its strides.</summary>
    internal long? Count(ReadOnlySpan<long> shape)
    {
        if (shape.Length > MaxRank)
        {
            return null;
        }

        Int128 bytes = Size;
        var empty = false;
        foreach (var extent in shape)
        {
            empty |= extent == 0;
            bytes *= Math.Max(extent, 1);
            if (extent < 0 || bytes > long.MaxValue)
            {
                return null;
            }
        }

        return empty ? 0 : (long)bytes / Size;
    }
}
