using NetVips;

namespace Herd.Fuzz;

/// <summary>Small sound pictures of every format that is read.</summary>
internal static class PictureSeeds
{
    private const int Width = 24;
    private const int Height = 16;

    /// <summary>By format.</summary>
    public static IReadOnlyList<(string Format, IReadOnlyList<byte[]> Seeds)> All { get; } = Make();

    private static List<(string, IReadOnlyList<byte[]>)> Make()
    {
        using var grey = Image.Sines(Width, Height, uchar: true);
        using var color = grey.Bandjoin(grey.Invert(), grey.Linear([0.5], [3]).Cast(Enums.BandFormat.Uchar)).Copy(interpretation: Enums.Interpretation.Srgb);
        using var alpha = color.Bandjoin(grey);
        return
        [
            ("png", [grey.PngsaveBuffer(), color.PngsaveBuffer(), alpha.PngsaveBuffer(), color.PngsaveBuffer(palette: true), color.PngsaveBuffer(interlace: true), grey.Cast(Enums.BandFormat.Ushort).PngsaveBuffer()]),
            ("jpeg", [grey.JpegsaveBuffer(), color.JpegsaveBuffer(), color.JpegsaveBuffer(interlace: true)]),
            ("webp", [color.WebpsaveBuffer(), alpha.WebpsaveBuffer(lossless: true)]),
            ("gif", [color.GifsaveBuffer(), alpha.GifsaveBuffer()]),
        ];
    }
}
