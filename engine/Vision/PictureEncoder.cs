using NetVips;

namespace Herd.Engine.Vision;

/// <summary>Writes pixels as PNG files, for programs that read pictures themselves. May be called from any thread.</summary>
public static class PictureEncoder
{
    /// <summary>Most that a small picture is enlarged.</summary>
    public const int MaxEnlargement = 8;

    private const int Channels = 3;
    private const byte White = 255;

    /// <summary>A picture in three channels without transparency, made smaller where it is too large.</summary>
    /// <param name="picture">Pixels of any mode.</param>
    /// <param name="maxPixels">Most pixels of the result.</param>
    /// <returns>[height, width, 3]; transparent parts are mixed with white.</returns>
    public static DecodedPicture Flatten(DecodedPicture picture, int maxPixels)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var pixels = (long)picture.Width * picture.Height;
        var opaque = new DecodedPicture(picture.Width, picture.Height, PictureMode.Rgb, ToRgb(picture));
        return pixels <= maxPixels ? opaque : Resize(opaque, Math.Sqrt((double)maxPixels / pixels));
    }

    /// <summary>Writes a picture.</summary>
    /// <param name="picture">[height, width, 3].</param>
    /// <param name="leastSide">A picture whose longer side is shorter is enlarged, by at most <see cref="MaxEnlargement"/>; 0 for none.</param>
    /// <returns>The file.</returns>
    public static byte[] ToPng(DecodedPicture picture, int leastSide)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var scale = Math.Clamp((double)leastSide / Math.Max(picture.Width, picture.Height), 1, MaxEnlargement);
        using var image = Open(picture);
        using var enlarged = scale > 1 ? image.Resize(scale, kernel: Enums.Kernel.Cubic) : image.Copy();
        return enlarged.PngsaveBuffer(compression: 1);
    }

    private static DecodedPicture Resize(DecodedPicture picture, double scale)
    {
        using var image = Open(picture);
        using var resized = image.Resize(scale);
        return new DecodedPicture(resized.Width, resized.Height, PictureMode.Rgb, resized.WriteToMemory<byte>());
    }

    private static Image Open(DecodedPicture picture)
    {
        using var image = Image.NewFromMemory(picture.Pixels.ToArray(), picture.Width, picture.Height, Channels, Enums.BandFormat.Uchar);
        return image.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    private static byte[] ToRgb(DecodedPicture picture)
    {
        if (picture.Channels == Channels)
        {
            return picture.Pixels.ToArray();
        }

        var source = picture.Pixels.Span;
        var isGrey = picture.Mode is PictureMode.Grey or PictureMode.GreyAlpha;
        var hasAlpha = picture.Mode is PictureMode.GreyAlpha or PictureMode.Rgba;
        var result = new byte[picture.Width * picture.Height * Channels];
        for (var (from, to) = (0, 0); to < result.Length; from += picture.Channels, to += Channels)
        {
            var alpha = hasAlpha ? source[from + picture.Channels - 1] : White;
            for (var c = 0; c < Channels; c++)
            {
                var value = source[from + (isGrey ? 0 : c)];
                result[to + c] = (byte)(((value * alpha) + (White * (White - alpha)) + (White / 2)) / White);
            }
        }

        return result;
    }
}
