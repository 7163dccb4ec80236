using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>Prepares a picture for the image encoder: resize, centre crop, normalise.</summary>
/// <remarks>
/// Source: the transform published with CLIP (arXiv:2103.00020): short side to the encoder's size by Pillow's antialiased bicubic, centre crop,
/// conversion to RGB, mean and deviation of the training pictures. The 8-bit pixels equal Pillow's bit for bit.
/// </remarks>
public static class ClipPreprocessor
{
    /// <summary>Of the training pictures, channel by channel.</summary>
    internal static readonly IReadOnlyList<float> Mean = [0.48145466f, 0.4578275f, 0.40821073f];
    internal static readonly IReadOnlyList<float> Deviation = [0.26862954f, 0.26130258f, 0.27577711f];

    private const int Rgb = 3;
    private static readonly float[][] Normalised = [.. Enumerable.Range(0, Rgb).Select(NormalisedLevels)];

    /// <summary>Scales the short side to <paramref name="size"/>, keeps the central square, and drops alpha.</summary>
    /// <remarks>
    /// The resize comes before the conversion to RGB: grey is resized as one channel, alpha is multiplied in and out again around it (colours
    /// are not blended on any background), and <see cref="PictureMode.Indexed"/> pictures take the nearest pixel. Only the kept square is computed.
    /// </remarks>
    /// <param name="picture">The decoded picture; borrowed.</param>
    /// <param name="size">The encoder's side, in pixels, at least 1.</param>
    /// <returns>[size, size, 3], red, green, blue.</returns>
    public static byte[] Resize(DecodedPicture picture, int size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var shortSide = Math.Min(picture.Width, picture.Height);
        var hasAlpha = picture.Mode is PictureMode.GreyAlpha or PictureMode.Rgba;
        var square = SquareResizer.Resize(
            picture,
            Axis(picture.Width, shortSide, size, picture.Mode),
            Axis(picture.Height, shortSide, size, picture.Mode),
            premultiply: hasAlpha && shortSide != size);
        return ToRgb(square, picture.Channels);
    }

    /// <summary>Cuts a part out and scales it to a square, both axes each by its own factor; modes and alpha as in <see cref="Resize"/>.</summary>
    /// <param name="picture">The decoded picture; borrowed.</param>
    /// <param name="left">First column of the part.</param>
    /// <param name="top">First row of the part.</param>
    /// <param name="width">Columns of the part, at least 1.</param>
    /// <param name="height">Rows of the part, at least 1.</param>
    /// <param name="size">The encoder's side, in pixels, at least 1.</param>
    /// <returns>[size, size, 3], red, green, blue.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the picture.</exception>
    public static byte[] ResizePart(DecodedPicture picture, int left, int top, int width, int height, int size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var part = picture.Part(left, top, width, height);
        var hasAlpha = picture.Mode is PictureMode.GreyAlpha or PictureMode.Rgba;
        var square = SquareResizer.Resize(
            part,
            Axis(width, size, 0, size, picture.Mode),
            Axis(height, size, 0, size, picture.Mode),
            premultiply: hasAlpha && (width != size || height != size));
        return ToRgb(square, picture.Channels);
    }

    /// <summary>Scales pixels to [0, 1], subtracts the mean and divides by the deviation of each channel.</summary>
    /// <param name="pixels">[size, size, 3], red, green, blue, as <see cref="Resize"/> returns them.</param>
    /// <param name="size">The side, in pixels.</param>
    /// <param name="order">
    /// With <see cref="ChannelOrder.Bgr"/> the first channel of the result holds the blue pixels, normalised like red, and so on.
    /// </param>
    /// <returns>[3, size, size], Float32, on the CPU; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The number of pixels does not fit the size.</exception>
    public static Tensor ToTensor(byte[] pixels, int size, ChannelOrder order) => tensor(Normalise(pixels, size, order), [Rgb, size, size]);

    /// <summary>As <see cref="ToTensor"/>, but for values on their own.</summary>
    /// <returns>[3, size, size], plane by plane.</returns>
    internal static float[] Normalise(byte[] pixels, int size, ChannelOrder order)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        var plane = size * size;
        if (pixels.Length != plane * Rgb)
        {
            throw new ArgumentException($"A square of side {size} has {plane * Rgb} bytes, found {pixels.Length}.", nameof(pixels));
        }

        var values = new float[pixels.Length];
        for (var c = 0; c < Rgb; c++)
        {
            var levels = Normalised[c];
            var source = order == ChannelOrder.Bgr ? Rgb - 1 - c : c;
            for (var i = 0; i < plane; i++)
            {
                values[(c * plane) + i] = levels[pixels[(i * Rgb) + source]];
            }
        }

        return values;
    }

    private static ResizeAxis Axis(int side, int shortSide, int size, PictureMode mode)
    {
        var target = (long)((double)((long)size * side) / shortSide);
        var first = (long)Math.Round((target - size) / 2.0, MidpointRounding.ToEven);
        return Axis(side, target, first, size, mode);
    }

    private static ResizeAxis Axis(int side, long target, long first, int size, PictureMode mode) => mode == PictureMode.Indexed
        ? ResizeAxis.Nearest(side, target, first, size)
        : ResizeAxis.Bicubic(side, target, first, size);

    private static byte[] ToRgb(byte[] pixels, int channels)
    {
        if (channels == Rgb)
        {
            return pixels;
        }

        var rgb = new byte[pixels.Length / channels * Rgb];
        for (var (from, to) = (0, 0); to < rgb.Length; from += channels, to += Rgb)
        {
            for (var c = 0; c < Rgb; c++)
            {
                rgb[to + c] = pixels[from + (channels > Rgb ? c : 0)];
            }
        }

        return rgb;
    }

    private static float[] NormalisedLevels(int channel) =>
        [.. Enumerable.Range(0, byte.MaxValue + 1).Select(level => ((level / 255f) - Mean[channel]) / Deviation[channel])];
}
