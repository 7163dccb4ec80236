using Herd.Engine.Tests.Vision;
using NetVips;

namespace Herd.Fuzz;

/// <summary>Small sound pictures of every format that is read.</summary>
internal static class PictureSeeds
{
    private const int Width = 24;
    private const int Height = 16;

    private static readonly byte[] PlainPng;
    private static readonly byte[] PlainJpeg;
    private static readonly byte[] PlainWebp;

    static PictureSeeds()
    {
        using var grey = Image.Sines(Width, Height, uchar: true);
        using var color = grey.Bandjoin(grey.Invert(), grey.Linear([0.5], [3]).Cast(Enums.BandFormat.Uchar)).Copy(interpretation: Enums.Interpretation.Srgb);
        using var alpha = color.Bandjoin(grey);
        using var frames = Frames(color);
        (PlainPng, PlainJpeg, PlainWebp) = (
            color.PngsaveBuffer(keep: Enums.ForeignKeep.None), color.JpegsaveBuffer(keep: Enums.ForeignKeep.None), color.WebpsaveBuffer(keep: Enums.ForeignKeep.None));
        Exif = [ExifPictures.Orientation(6), .. ExifOf(color.Mutate(image => image.Set(GValue.GIntType, "orientation", 3)).JpegsaveBuffer())];
        All =
        [
            ("png", [grey.PngsaveBuffer(), PlainPng, alpha.PngsaveBuffer(), color.PngsaveBuffer(palette: true), color.PngsaveBuffer(interlace: true), grey.Cast(Enums.BandFormat.Ushort).PngsaveBuffer(), WithExif(0, Exif[0]), WithExif(1, Exif[0])]),
            ("jpeg", [grey.JpegsaveBuffer(), PlainJpeg, color.JpegsaveBuffer(interlace: true), WithExif(2, Exif[0])]),
            ("webp", [PlainWebp, alpha.WebpsaveBuffer(lossless: true), frames.WebpsaveBuffer(), WithExif(3, Exif[0])]),
            ("gif", [color.GifsaveBuffer(), alpha.GifsaveBuffer(), frames.GifsaveBuffer(), OnScreen(color.GifsaveBuffer())]),
        ];
    }

    /// <summary>By format.</summary>
    public static IReadOnlyList<(string Format, IReadOnlyList<byte[]> Seeds)> All { get; }

    /// <summary>Sound EXIF data: one entry alone, and what an encoder writes.</summary>
    public static IReadOnlyList<byte[]> Exif { get; }

    /// <summary>A picture around EXIF data.</summary>
    /// <param name="form">0 to 3: PNG with the chunk before and behind the pixels, JPEG, WebP.</param>
    /// <param name="exif">The data.</param>
    public static byte[] WithExif(int form, byte[] exif) => form switch
    {
        0 => ExifPictures.Png(PlainPng, exif, behindPixels: false),
        1 => ExifPictures.Png(PlainPng, exif, behindPixels: true),
        2 => ExifPictures.Jpeg(PlainJpeg, exif),
        _ => ExifPictures.Webp(PlainWebp, Width, Height, exif),
    };

    private static Image Frames(Image first)
    {
        using var both = Image.Arrayjoin([first, first.Invert()], across: 1);
        return both.Mutate(image =>
        {
            image.Set(GValue.GIntType, "page-height", Height);
            image.Set(GValue.ArrayIntType, "delay", new[] { 50, 50 });
        });
    }

    /// <summary>The same frame on a canvas of 640x480.</summary>
    private static byte[] OnScreen(byte[] gif) => [.. gif[..6], 128, 2, 224, 1, .. gif[10..]];

    private static IEnumerable<byte[]> ExifOf(byte[] jpeg)
    {
        var at = jpeg.AsSpan().IndexOf("Exif\0\0"u8);
        var length = at < 4 ? 0 : ((jpeg[at - 2] << 8) | jpeg[at - 1]) - 8;
        return length > 0 ? [jpeg[(at + 6)..(at + 6 + length)]] : [];
    }
}
