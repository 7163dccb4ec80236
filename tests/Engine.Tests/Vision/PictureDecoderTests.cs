using Herd.Engine.Vision;
using NetVips;
using Xunit;

namespace Herd.Engine.Tests.Vision;

public sealed class PictureDecoderTests
{
    private static readonly byte[] Palette = [10, 20, 30, 200, 100, 50];

    public static TheoryData<int, int, byte[], PictureMode, byte[]> PngKinds => new()
    {
        { 0, 1, [0b0100_0000], PictureMode.Indexed, [0, 0, 0, 255, 255, 255] },
        { 0, 2, [0b0110_0000], PictureMode.Grey, [85, 170] },
        { 0, 4, [0x1F], PictureMode.Grey, [17, 255] },
        { 0, 8, [7, 250], PictureMode.Grey, [7, 250] },
        { 0, 16, [7, 99, 250, 255], PictureMode.Grey, [7, 250] },
        { 2, 8, [1, 2, 3, 4, 5, 6], PictureMode.Rgb, [1, 2, 3, 4, 5, 6] },
        { 2, 16, [1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 255], PictureMode.Rgb, [1, 2, 3, 4, 5, 6] },
        { 3, 1, [0b0100_0000], PictureMode.Indexed, [10, 20, 30, 200, 100, 50] },
        { 3, 2, [0b0001_0000], PictureMode.Indexed, [10, 20, 30, 200, 100, 50] },
        { 3, 4, [0x10], PictureMode.Indexed, [200, 100, 50, 10, 20, 30] },
        { 3, 8, [1, 0], PictureMode.Indexed, [200, 100, 50, 10, 20, 30] },
        { 4, 8, [1, 2, 3, 4], PictureMode.GreyAlpha, [1, 2, 3, 4] },
        { 4, 16, [1, 9, 2, 9, 3, 9, 4, 9], PictureMode.GreyAlpha, [1, 2, 3, 4] },
        { 6, 8, [1, 2, 3, 4, 5, 6, 7, 8], PictureMode.Rgba, [1, 2, 3, 4, 5, 6, 7, 8] },
        { 6, 16, [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0], PictureMode.Rgba, [1, 2, 3, 4, 5, 6, 7, 8] },
    };

    [Theory]
    [MemberData(nameof(PngKinds))]
    public void Decode_every_kind_of_png_gives_its_stored_pixels(int colour, int depth, byte[] row, PictureMode mode, byte[] pixels)
    {
        (string, byte[])[] palette = colour == 3 ? [("PLTE", Palette)] : [];

        var picture = Decode(PngFile.Write(2, 1, (byte)colour, (byte)depth, row, palette));

        Assert.Equal((2, 1, mode), (picture.Width, picture.Height, picture.Mode));
        Assert.Equal(pixels, picture.Pixels.ToArray());
    }

    [Theory]
    [InlineData(0, new byte[] { 7, 250 }, new byte[] { 0, 7 }, new byte[] { 7, 250 })]
    [InlineData(2, new byte[] { 1, 2, 3, 4, 5, 6 }, new byte[] { 0, 1, 0, 2, 0, 3 }, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(3, new byte[] { 1, 0 }, new byte[] { 0, 128 }, new byte[] { 200, 100, 50, 10, 20, 30 })]
    public void Decode_png_with_a_transparent_colour_ignores_the_transparency(int colour, byte[] row, byte[] transparent, byte[] pixels)
    {
        (string, byte[])[] chunks = colour == 3 ? [("PLTE", Palette), ("tRNS", transparent)] : [("tRNS", transparent)];

        Assert.Equal(pixels, Decode(PngFile.Write(2, 1, (byte)colour, 8, row, chunks)).Pixels.ToArray());
    }

    [Theory]
    [InlineData(1, false, PictureMode.Grey)]
    [InlineData(3, false, PictureMode.Rgb)]
    [InlineData(3, true, PictureMode.Rgb)]
    public void Decode_jpeg_gives_its_colours(int channels, bool progressive, PictureMode mode)
    {
        byte[] colour = [200, 90, 30];

        var picture = Decode(Jpeg(40, 24, colour[..channels], progressive));

        Assert.Equal((40, 24, mode), (picture.Width, picture.Height, picture.Mode));
        Assert.All(picture.Pixels.ToArray().Chunk(channels), pixel => Assert.All(
            Enumerable.Range(0, channels), c => Assert.InRange(pixel[c], colour[c] - 3, colour[c] + 3)));
    }

    [Fact]
    public void Decode_cmyk_jpeg_is_refused()
    {
        var error = Refused(Jpeg(8, 8, [10, 20, 30, 40], progressive: false));

        Assert.Contains("CMYK", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GIF89a", "GIF holds no whole frame")]
    [InlineData("RIFF....WEBPVP8 ", "WebP ends before")]
    [InlineData("BM......", "BMP")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("....ftypheic", "HEIF")]
    [InlineData("", "no bytes")]
    [InlineData("hello", "no known")]
    public void Decode_other_format_is_refused_by_name(string file, string name)
    {
        Assert.Contains(name, Refused([.. file.Select(c => (byte)c)]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_more_bytes_than_the_limit_is_refused()
    {
        var file = PngFile.Write(1, 1, 0, 8, [1]);

        Assert.Contains("bytes", Refused(file, new PictureLimits { MaxBytes = file.Length - 1 }).Message, StringComparison.Ordinal);
        Assert.Equal(1, PictureDecoder.Decode(file, new PictureLimits { MaxBytes = file.Length }).Width);
    }

    [Fact]
    public void Decode_more_pixels_than_the_limit_is_refused_from_the_header_alone()
    {
        Assert.Contains("200000x200000", Refused(PngFile.Write(200_000, 200_000, 2, 8, [])).Message, StringComparison.Ordinal);
        Assert.Contains("limit", Refused(Jpeg(16, 16, [1], false), new PictureLimits { MaxPixels = 255 }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_too_long_a_picture_is_refused()
    {
        Assert.Contains("times the other", Refused(PngFile.Write(2_001, 2, 0, 8, new byte[4_002])).Message, StringComparison.Ordinal);
        Assert.Equal(2_000, Decode(PngFile.Write(2_000, 2, 0, 8, new byte[4_000])).Width);
    }

    [Fact]
    public void Decode_jpeg_of_endless_scans_is_refused()
    {
        var file = Jpeg(16, 16, [1, 2, 3], progressive: true);
        byte[] emptyScan = [0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3F, 0x00];
        byte[] bomb = [.. file[..^2], .. Enumerable.Repeat(emptyScan, 10_000).SelectMany(scan => scan), .. file[^2..]];

        Assert.Contains("scans", Refused(bomb).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_damaged_file_decodes_or_is_refused_but_never_fails_otherwise()
    {
        var files = new[] { PngFile.Write(9, 9, 3, 8, new byte[81], ("PLTE", Palette)), Jpeg(9, 9, [9, 99, 199], false), Jpeg(9, 9, [9], true) };
        var random = new Random(7);
        for (var round = 0; round < 1_000; round++)
        {
            var file = files[round % files.Length].ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            var error = Record.Exception(() => PictureDecoder.Decode(file, new PictureLimits { MaxPixels = 10_000 }));
            Assert.True(error is null or EngineException { Code: EngineErrorCode.InvalidPicture }, $"round {round}: {error}");
        }
    }

    private static DecodedPicture Decode(byte[] file) => PictureDecoder.Decode(file, PictureLimits.Default);

    private static EngineException Refused(byte[] file, PictureLimits? limits = null)
    {
        var error = Assert.Throws<EngineException>(() => PictureDecoder.Decode(file, limits ?? PictureLimits.Default));
        Assert.Equal(EngineErrorCode.InvalidPicture, error.Code);
        return error;
    }

    private static byte[] Jpeg(int width, int height, byte[] colour, bool progressive)
    {
        byte[] pixels = [.. Enumerable.Repeat(colour, width * height).SelectMany(pixel => pixel)];
        using var plain = Image.NewFromMemory<byte>(pixels, width, height, colour.Length, Enums.BandFormat.Uchar);
        using var image = plain.Copy(interpretation: colour.Length switch
        {
            1 => Enums.Interpretation.Bw,
            3 => Enums.Interpretation.Srgb,
            _ => Enums.Interpretation.Cmyk,
        });
        return image.JpegsaveBuffer(q: 95, interlace: progressive);
    }
}
