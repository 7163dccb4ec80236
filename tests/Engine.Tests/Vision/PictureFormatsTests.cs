using System.Buffers.Binary;
using Herd.Engine.Vision;
using NetVips;
using Xunit;

namespace Herd.Engine.Tests.Vision;

/// <summary>WebP and GIF, orientations in every format that can have one, and nothing else that libvips could read.</summary>
public sealed class PictureFormatsTests
{
    private const int Width = 40;
    private const int Height = 24;

    public static TheoryData<int> Orientations => [1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public void Decode_LosslessWebp_GivesItsPixels()
    {
        using var image = Corner();
        using var alpha = image.Bandjoin(255 - image[0]);

        var (mode, pixels) = Decoded(image.WebpsaveBuffer(lossless: true));
        Assert.Equal(PictureMode.Rgb, mode);
        Assert.Equal(Pixels(image), pixels);
        Assert.Equal(PictureMode.Rgba, Decoded(alpha.WebpsaveBuffer(lossless: true)).Mode);
    }

    [Fact]
    public void Decode_LossyWebp_GivesColoursThatAreNear()
    {
        using var image = Image.Black(Width, Height, bands: 3) + new double[] { 200, 90, 30 };
        using var bytes = image.Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
        var (mode, pixels) = Decoded(bytes.WebpsaveBuffer(q: 90));

        Assert.Equal(PictureMode.Rgb, mode);
        Assert.All(pixels.Chunk(3), pixel => Assert.All(pixel.Zip(new byte[] { 200, 90, 30 }), pair => Assert.InRange(pair.First, pair.Second - 6, pair.Second + 6)));
    }

    [Fact]
    public void Decode_Gif_IsAPalettePicture()
    {
        using var image = Corner();
        var (mode, pixels) = Decoded(image.GifsaveBuffer());

        Assert.Equal(PictureMode.Indexed, mode);
        Assert.Equal(Width * Height * 3, pixels.Length);
        Assert.All(pixels.Zip(Pixels(image)), pair => Assert.InRange(pair.First, pair.Second - 8, pair.Second + 8));
    }

    [Theory]
    [InlineData("webp")]
    [InlineData("gif")]
    public void Decode_Animation_IsItsFirstFrame(string format)
    {
        using var first = Corner();
        using var second = first.Invert();
        using var both = Image.Arrayjoin([first, second], across: 1);
        using var frames = both.Mutate(image =>
        {
            image.Set(GValue.GIntType, "page-height", Height);
            image.Set(GValue.ArrayIntType, "delay", new[] { 50, 50 });
        });
        var file = format == "gif" ? frames.GifsaveBuffer() : frames.WebpsaveBuffer(lossless: true);
        var picture = PictureDecoder.Decode(file, PictureLimits.Default);

        Assert.Equal((Width, Height), (picture.Width, picture.Height));
        Assert.InRange(picture.Pixels.Span[0], 247, 255);
    }

    [Theory]
    [MemberData(nameof(Orientations))]
    public void Decode_Orientation_TurnsThePicture(int orientation)
    {
        using var stored = Corner();
        var expected = Seen(stored, orientation);
        Assert.All(
            new[] { PngWith(stored, orientation), stored.Mutate(image => image.Set(GValue.GIntType, "orientation", orientation)).JpegsaveBuffer(q: 100, subsampleMode: Enums.ForeignSubsample.Off), WebpWith(stored, orientation) },
            file =>
            {
                var picture = PictureDecoder.Decode(file, PictureLimits.Default);
                Assert.Equal(orientation >= 5 ? (Height, Width) : (Width, Height), (picture.Width, picture.Height));
                Assert.All(picture.Pixels.ToArray().Zip(expected), pair => Assert.InRange(pair.First, Math.Max(0, pair.Second - 12), Math.Min(255, pair.Second + 12)));
            });
    }

    [Theory]
    [InlineData(new byte[] { (byte)'I', (byte)'I', 42, 0, 255, 255, 255, 255 })]
    [InlineData(new byte[] { (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8 })]
    [InlineData(new byte[] { (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 255, 255, 1, 18 })]
    [InlineData(new byte[] { (byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 18, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0 })]
    [InlineData(new byte[0])]
    public void Read_DamagedExif_SaysNothing(byte[] exif) => Assert.Equal(Orientation.Upright, ExifOrientation.Read(exif));

    [Theory]
    [InlineData(".tif")]
    [InlineData(".csv")]
    [InlineData(".mat")]
    [InlineData(".v")]
    [InlineData(".avif")]
    public void EveryOtherFormat_IsOneThatIsNotRead(string ending)
    {
        using var image = Corner();
        PictureDecoder.Decode(image.PngsaveBuffer(), PictureLimits.Default);
        using var folder = new Testing.TestFolder();
        image[0].WriteToFile(folder.In("picture" + ending));
        var bytes = File.ReadAllBytes(folder.In("picture" + ending));

        Assert.Throws<VipsException>(() => Image.NewFromFile(folder.In("picture" + ending)));
        Assert.Throws<VipsException>(() => Image.NewFromBuffer(bytes));
        Assert.Contains("Expected a PNG, JPEG, WebP or GIF picture", Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void TheFourFormats_AreFoundByTheLibraryToo()
    {
        using var image = Corner();
        PictureDecoder.Decode(image.PngsaveBuffer(), PictureLimits.Default);

        Assert.All(new[] { image.PngsaveBuffer(), image.JpegsaveBuffer(), image.WebpsaveBuffer(), image.GifsaveBuffer() }, file =>
        {
            using var found = Image.NewFromBuffer(file);
            Assert.Equal(Width, found.Width);
        });
    }

    [Fact]
    public void Decode_LargeClaims_AreRefusedFromTheHeader()
    {
        byte[] gif = [.. "GIF89a"u8, 255, 255, 255, 255, 0, 0, 0, 0x2C, 0];
        byte[] webp = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255];

        Assert.Contains("65535x65535", Refused(gif), StringComparison.Ordinal);
        Assert.Contains("16777216x16777216", Refused(webp), StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_FilesCutShort_AreRefused()
    {
        using var image = Corner();
        foreach (var file in new[] { image.WebpsaveBuffer(), image.WebpsaveBuffer(lossless: true), image.GifsaveBuffer() })
        {
            for (var length = 0; length < file.Length - 12; length += 5)
            {
                Refused(file[..length]);
            }
        }
    }

    /// <summary>A bright corner at the top left, and rows and columns that differ.</summary>
    private static Image Corner()
    {
        var pixels = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var (corner, at) = (x < 8 && y < 8, ((y * Width) + x) * 3);
                (pixels[at], pixels[at + 1], pixels[at + 2]) = corner ? ((byte)255, (byte)255, (byte)255) : ((byte)(x < 20 ? 0 : 96), (byte)(y < 16 ? 0 : 160), (byte)32);
            }
        }

        using var memory = Image.NewFromMemoryCopy(pixels, Width, Height, 3, Enums.BandFormat.Uchar);
        return memory.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    /// <summary>The pixels as libvips turns them.</summary>
    private static byte[] Seen(Image stored, int orientation)
    {
        using var tagged = stored.Mutate(image => image.Set(GValue.GIntType, "orientation", orientation));
        using var turned = tagged.Autorot();
        return Pixels(turned);
    }

    private static byte[] Exif(int orientation) => [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    private static byte[] PngWith(Image image, int orientation) => PngFile.Write(Width, Height, 2, 8, Pixels(image), ("eXIf", Exif(orientation)));

    /// <summary>An extended WebP around the chunk of a plain one.</summary>
    private static byte[] WebpWith(Image image, int orientation)
    {
        var plain = image.WebpsaveBuffer(lossless: true, keep: Enums.ForeignKeep.None)[12..];
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, 0x08, 0, 0, 0, Width - 1, 0, 0, Height - 1, 0, 0];
        var exif = Exif(orientation);
        byte[] content = [.. "WEBP"u8, .. extended, .. plain, .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
        return [.. "RIFF"u8, .. length, .. content];
    }

    private static (PictureMode Mode, byte[] Pixels) Decoded(byte[] file)
    {
        var picture = PictureDecoder.Decode(file, PictureLimits.Default);
        Assert.Equal((Width, Height), (picture.Width, picture.Height));
        return (picture.Mode, picture.Pixels.ToArray());
    }

    private static string Refused(byte[] file)
    {
        var error = Assert.Throws<EngineException>(() => PictureDecoder.Decode(file, PictureLimits.Default));
        Assert.Equal(EngineErrorCode.InvalidPicture, error.Code);
        return error.Message;
    }

    private static byte[] Pixels(Image image) => image.WriteToMemory<byte>();
}
