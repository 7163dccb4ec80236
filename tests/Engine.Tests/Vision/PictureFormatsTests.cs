using System.Buffers.Binary;
using Herd.Engine.Vision;
using NetVips;
using Xunit;

namespace Herd.Engine.Tests.Vision;

/// <summary>WebP and GIF, and orientations in every format that can have one.</summary>
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
    [InlineData(100, 60, 7, 5, 100, 60)]
    [InlineData(640, 480, 7, 5, 640, 480)]
    [InlineData(640, 512, 0, 0, 640, 512)]
    [InlineData(800, 600, 7, 5, 800, 600)]
    [InlineData(1024, 768, 984, 744, 1024, 768)]
    [InlineData(1280, 1024, 7, 5, 1280, 1024)]
    [InlineData(1600, 1200, 0, 0, 1600, 1200)]
    [InlineData(2100, 30, 7, 5, 2100, 30)]
    [InlineData(10, 10, 7, 5, Width + 7, Height + 5)]
    [InlineData(0, 0, 0, 0, Width, Height)]
    public void Decode_GifFrameOnACanvas_LiesWhereItSaysAndTheRestIsBlack(int canvasWidth, int canvasHeight, int left, int top, int width, int height)
    {
        using var image = Corner();
        var file = image.GifsaveBuffer();
        var frame = Decoded(file).Pixels;
        Put(file.AsSpan(6), canvasWidth, canvasHeight);
        Put(file.AsSpan(file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x2C, 0, 0, 0, 0, Width, 0, Height, 0]) + 1), left, top);

        var picture = PictureDecoder.Decode(file, PictureLimits.Default);

        Assert.Equal((width, height, PictureMode.Indexed), (picture.Width, picture.Height, picture.Mode));
        var expected = new byte[width * height * 3];
        for (var y = 0; y < Height; y++)
        {
            frame.AsSpan(y * Width * 3, Width * 3).CopyTo(expected.AsSpan((((y + top) * width) + left) * 3));
        }

        Assert.Equal(expected, picture.Pixels.ToArray());
    }

    [Fact]
    public void Decode_GifDamagedBehindItsFirstFrame_IsItsFirstFrame()
    {
        using var image = Corner();
        var file = image.GifsaveBuffer();

        // A second frame of 4 thousand million pixels, and then nothing.
        byte[] more = [.. file[..^1], 0x2C, 0, 0, 0, 0, 255, 255, 255, 255, 0, 8, 255];

        Assert.Equal(Decoded(file).Pixels, Decoded(more).Pixels);
    }

    [Theory]
    [MemberData(nameof(Orientations))]
    public void Decode_Orientation_TurnsThePicture(int orientation)
    {
        using var stored = Corner();
        var (expected, exif) = (Seen(stored, orientation), ExifPictures.Orientation(orientation));
        Assert.All(
            new[]
            {
                ExifPictures.Png(stored.PngsaveBuffer(keep: Enums.ForeignKeep.None), exif, behindPixels: false),
                ExifPictures.Png(stored.PngsaveBuffer(keep: Enums.ForeignKeep.None), exif, behindPixels: true),
                ExifPictures.Jpeg(stored.JpegsaveBuffer(q: 100, subsampleMode: Enums.ForeignSubsample.Off, keep: Enums.ForeignKeep.None), exif),
                ExifPictures.Webp(stored.WebpsaveBuffer(lossless: true, keep: Enums.ForeignKeep.None), Width, Height, exif),
            },
            file =>
            {
                var picture = PictureDecoder.Decode(file, PictureLimits.Default);
                Assert.Equal(orientation >= 5 ? (Height, Width) : (Width, Height), (picture.Width, picture.Height));
                Assert.All(picture.Pixels.ToArray().Zip(expected), pair => Assert.InRange(pair.First, Math.Max(0, pair.Second - 12), Math.Min(255, pair.Second + 12)));
            });
    }

    [Fact]
    public void Decode_TwoOrientations_TheFirstCounts()
    {
        using var stored = Corner();
        var (first, second) = (ExifPictures.Orientation(6), ExifPictures.Orientation(1));
        byte[][] files =
        [
            ExifPictures.Png(ExifPictures.Png(stored.PngsaveBuffer(keep: Enums.ForeignKeep.None), first, behindPixels: false), second, behindPixels: true),
            ExifPictures.Jpeg(ExifPictures.Jpeg(stored.JpegsaveBuffer(keep: Enums.ForeignKeep.None), second), first),
        ];

        Assert.All(files, file => Assert.Equal(Height, PictureDecoder.Decode(file, PictureLimits.Default).Width));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'I', (byte)'I', 42, 0, 255, 255, 255, 255 })]
    [InlineData(new byte[] { (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8 })]
    [InlineData(new byte[] { (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 255, 255, 1, 18 })]
    [InlineData(new byte[] { (byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 18, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0 })]
    [InlineData(new byte[0])]
    public void Read_DamagedExif_SaysNothing(byte[] exif) => Assert.Equal(Orientation.Upright, ExifOrientation.Read(exif));

    [Fact]
    public void Decode_LargeClaims_AreRefusedFromTheHeader()
    {
        byte[] gif = [.. "GIF89a"u8, 255, 255, 255, 255, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 0, 0];
        byte[] frame = [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0, 0x2C, 255, 255, 255, 255, 255, 255, 255, 255, 0, 2, 1, 0, 0];
        byte[] webp = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255];

        Assert.Contains("65535x65535", Refused(gif), StringComparison.Ordinal);
        Assert.Contains("131070x131070", Refused(frame), StringComparison.Ordinal);
        Assert.Contains("16777216x16777216", Refused(webp), StringComparison.Ordinal);
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

    private static void Put(Span<byte> place, int first, int second)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)first);
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], (ushort)second);
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
