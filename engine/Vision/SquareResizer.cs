using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Herd.Engine.Vision;

/// <summary>Resizes rows, then columns, each rounded to 8 bits, computing only the square that survives the crop.</summary>
internal static class SquareResizer
{
    private const int Half = 1 << (ResizeAxis.FractionBits - 1);

    /// <returns>[rows.Count, columns.Count, channels of the picture].</returns>
    public static byte[] Resize(DecodedPicture picture, ResizeAxis columns, ResizeAxis rows, bool premultiply)
    {
        var channels = picture.Channels;
        var stride = picture.Width * channels;
        var width = columns.Count * channels;
        var firstRow = rows.SourceStart;
        var narrowed = new byte[(rows.SourceEnd - firstRow) * width];
        var line = new byte[stride + sizeof(uint)];
        for (var y = firstRow; y < rows.SourceEnd; y++)
        {
            picture.Pixels.Span.Slice(y * stride, stride).CopyTo(line);
            if (premultiply)
            {
                Alpha.Multiply(line.AsSpan(0, stride), channels);
            }

            ResizeLine(line, columns, channels, narrowed.AsSpan((y - firstRow) * width, width));
        }

        var result = new byte[rows.Count * width];
        for (var y = 0; y < rows.Count; y++)
        {
            Blend(narrowed.AsSpan((rows.Start(y) - firstRow) * width), rows.Weights(y), result.AsSpan(y * width, width));
        }

        if (premultiply)
        {
            Alpha.Divide(result, channels);
        }

        return result;
    }

    // All channels of a pixel are summed at once, in the first lanes of a vector; what its other lanes hold is not used. Reading four bytes a
    // pixel runs at most three bytes past the line.
    private static void ResizeLine(ReadOnlySpan<byte> line, ResizeAxis columns, int channels, Span<byte> target)
    {
        for (var x = 0; x < columns.Count; x++)
        {
            var source = line[(columns.Start(x) * channels)..];
            var sum = Vector128.Create(Half);
            foreach (var weight in columns.Weights(x))
            {
                var pixel = Vector128.CreateScalarUnsafe(MemoryMarshal.Read<uint>(source)).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weight;
                source = source[channels..];
            }

            for (var c = 0; c < channels; c++)
            {
                target[(x * channels) + c] = Round(sum[c]);
            }
        }
    }

    private static void Blend(ReadOnlySpan<byte> lines, ReadOnlySpan<int> weights, Span<byte> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var sum = Half;
            for (var k = 0; k < weights.Length; k++)
            {
                sum += lines[(k * target.Length) + i] * weights[k];
            }

            target[i] = Round(sum);
        }
    }

    private static byte Round(int sum) => (byte)Math.Clamp(sum >> ResizeAxis.FractionBits, 0, byte.MaxValue);
}
