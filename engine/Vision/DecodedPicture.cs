namespace Herd.Engine.Vision;

/// <summary>A picture as 8-bit pixels.</summary>
public sealed class DecodedPicture
{
    /// <summary>Takes pixels as they are.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="mode">The layout of one pixel.</param>
    /// <param name="pixels">[height, width, channels of the mode], row by row, without padding.</param>
    /// <exception cref="ArgumentException">A side is below 1, or the number of bytes does not fit the sides and the mode.</exception>
    public DecodedPicture(int width, int height, PictureMode mode, ReadOnlyMemory<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var expected = (long)width * height * ChannelsOf(mode);
        if (pixels.Length != expected)
        {
            throw new ArgumentException($"A {mode} picture of {width}x{height} has {expected} bytes, found {pixels.Length}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Mode = mode;
        Pixels = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The layout of one pixel.</summary>
    public PictureMode Mode { get; }

    /// <summary>Bytes a pixel.</summary>
    public int Channels => ChannelsOf(Mode);

    /// <summary>[Height, Width, Channels], row by row, without padding.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>A part of it, copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within the picture.</exception>
    internal DecodedPicture Part(int left, int top, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width - left);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Height - top);
        var line = width * Channels;
        var pixels = new byte[line * height];
        for (var y = 0; y < height; y++)
        {
            Pixels.Span.Slice((((top + y) * Width) + left) * Channels, line).CopyTo(pixels.AsSpan(y * line));
        }

        return new DecodedPicture(width, height, Mode, pixels);
    }

    internal static int ChannelsOf(PictureMode mode) => mode switch
    {
        PictureMode.Grey => 1,
        PictureMode.GreyAlpha => 2,
        PictureMode.Rgb or PictureMode.Indexed => 3,
        PictureMode.Rgba => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Unknown picture mode."),
    };
}
