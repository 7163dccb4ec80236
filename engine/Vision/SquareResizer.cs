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
        var premultiplied = premultiply ? new byte[stride] : [];
        for (var y = firstRow; y < rows.SourceEnd; y++)
        {
            var line = picture.Pixels.Span.Slice(y * stride, stride);
            if (premultiply)
            {
                Alpha.Multiply(line, premultiplied, channels);
                line = premultiplied;
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

    private static void ResizeLine(ReadOnlySpan<byte> line, ResizeAxis columns, int channels, Span<byte> target)
    {
        for (var x = 0; x < columns.Count; x++)
        {
            var weights = columns.Weights(x);
            var source = line[(columns.Start(x) * channels)..];
            for (var c = 0; c < channels; c++)
            {
                var sum = Half;
                for (var k = 0; k < weights.Length; k++)
                {
                    sum += source[(k * channels) + c] * weights[k];
                }

                target[(x * channels) + c] = Round(sum);
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
