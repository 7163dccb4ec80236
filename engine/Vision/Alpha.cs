namespace Herd.Engine.Vision;

/// <summary>Multiplies the last channel of each pixel into the others, and divides it out again, in 8-bit integers.</summary>
internal static class Alpha
{
    public static void Multiply(Span<byte> pixels, int channels)
    {
        for (var i = 0; i < pixels.Length; i += channels)
        {
            var alpha = pixels[i + channels - 1];
            if (alpha == byte.MaxValue)
            {
                continue;
            }

            for (var c = i; c < i + channels - 1; c++)
            {
                var product = (pixels[c] * alpha) + 128;
                pixels[c] = (byte)(((product >> 8) + product) >> 8);
            }
        }
    }

    public static void Divide(Span<byte> pixels, int channels)
    {
        for (var i = 0; i < pixels.Length; i += channels)
        {
            var alpha = pixels[i + channels - 1];
            if (alpha is 0 or byte.MaxValue)
            {
                continue;
            }

            for (var c = i; c < i + channels - 1; c++)
            {
                pixels[c] = (byte)Math.Min(byte.MaxValue * pixels[c] / alpha, byte.MaxValue);
            }
        }
    }
}
