using Herd.Engine.Vision;
using Herd.Testing;
using NetVips;
using Xunit;

namespace Herd.Engine.Tests.Vision;

/// <summary>What libvips may do for strangers: four loaders, one thread, nothing kept, and no picture by half.</summary>
public sealed class PictureLoadersTests
{
    private const int Side = 24;

    private static readonly string[] Read = ["png", "jpeg", "webp", "gif"];

    public PictureLoadersTests()
    {
        using var image = Noise();
        Decode(image.PngsaveBuffer()); // sets the library up
    }

    public static TheoryData<string> OtherLoaders =>
        [.. NetVips.NetVips.GetOperations().Where(name => (name.EndsWith("load", StringComparison.Ordinal) || name.Contains("load_", StringComparison.Ordinal)) && name != "profile_load" && !Read.Contains(name.Split("load")[0]))];

    [Fact]
    public void Library_WorksOnOneThreadAndKeepsNothing()
    {
        Assert.Equal(1, NetVips.NetVips.Concurrency);
        Assert.Equal(0, Cache.Max);
    }

    [Fact]
    public void Library_HasOtherLoadersThanTheFour() => Assert.Superset(
        new HashSet<string> { "svgload", "tiffload", "heifload", "csvload", "matrixload", "rawload", "vipsload" }, OtherLoaders.Select(row => row.Data).ToHashSet());

    [Theory]
    [MemberData(nameof(OtherLoaders))]
    public void Library_OtherLoader_IsBlockedByName(string loader)
    {
        using var image = Noise();
        using var folder = new TestFolder();
        var file = loader.StartsWith("heif", StringComparison.Ordinal) ? image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1) : Svg;
        File.WriteAllBytes(folder.In("file"), file);
        using var source = Source.NewFromMemory(file);
        object input = loader switch
        {
            _ when loader.EndsWith("_buffer", StringComparison.Ordinal) => file,
            _ when loader.EndsWith("_source", StringComparison.Ordinal) => source,
            _ => folder.In("file"),
        };
        object[] arguments = loader == "rawload" ? [input, 1, 1, 1] : [input];

        Assert.Contains("blocked", Assert.Throws<VipsException>(() => Operation.Call(loader, arguments)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".tif")]
    [InlineData(".csv")]
    [InlineData(".mat")]
    [InlineData(".v")]
    [InlineData(".avif")]
    public void Decode_FormatThatTheLibraryWrites_IsOneThatIsNotRead(string ending)
    {
        using var image = Noise();
        using var folder = new TestFolder();
        image[0].WriteToFile(folder.In("picture" + ending));
        var bytes = File.ReadAllBytes(folder.In("picture" + ending));

        Assert.Throws<VipsException>(() => Image.NewFromFile(folder.In("picture" + ending)));
        Assert.Throws<VipsException>(() => Image.NewFromBuffer(bytes));
        Assert.Contains("Expected a PNG, JPEG, WebP or GIF picture", Refused(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>")]
    [InlineData("P6 1 1 255\nabc")]
    [InlineData("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\nabcd")]
    [InlineData("SIMPLE  =                    T")]
    [InlineData("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj")]
    [InlineData("BM......")]
    public void Decode_TextThatIsAPictureElsewhere_IsOneThatIsNotRead(string text)
    {
        byte[] bytes = [.. text.Select(character => (byte)character)];

        Assert.Throws<VipsException>(() => Image.NewFromBuffer(bytes));
        Assert.Contains("Expected a PNG, JPEG, WebP or GIF picture", Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void TheFourFormats_AreFoundByTheLibraryToo()
    {
        using var image = Noise();

        Assert.All(new[] { image.PngsaveBuffer(), image.JpegsaveBuffer(), image.WebpsaveBuffer(), image.GifsaveBuffer() }, file =>
        {
            using var found = Image.NewFromBuffer(file);
            Assert.Equal(Side, found.Width);
        });
    }

    [Fact]
    public void Decode_FileCutAnywhere_IsRefusedOrWhole()
    {
        using var image = Noise();
        using var alpha = image.Bandjoin(image[0]);
        byte[][] files =
        [
            image.PngsaveBuffer(), image.PngsaveBuffer(interlace: true), alpha.PngsaveBuffer(filter: Enums.ForeignPngFilter.All), image[0].PngsaveBuffer(bitdepth: 1),
            image.JpegsaveBuffer(), image.JpegsaveBuffer(interlace: true), image[0].JpegsaveBuffer(restartInterval: 1),
            image.WebpsaveBuffer(), image.WebpsaveBuffer(lossless: true), alpha.WebpsaveBuffer(),
            image.GifsaveBuffer(), image.GifsaveBuffer(interlace: true), alpha.GifsaveBuffer(),
        ];
        foreach (var file in files)
        {
            var whole = Decode(file).Pixels.ToArray();
            var lastRefused = 0;
            for (var length = 0; length < file.Length; length++)
            {
                try
                {
                    Assert.Equal(whole, Decode(file[..length]).Pixels.ToArray());
                }
                catch (EngineException error)
                {
                    Assert.Equal(EngineErrorCode.InvalidPicture, error.Code);
                    lastRefused = length;
                }
            }

            // What may be missing is an end mark: the 12 bytes of a PNG's, the one of a GIF's.
            Assert.InRange(lastRefused, file.Length - 13, file.Length - 1);
        }
    }

    private static byte[] Svg => "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"u8.ToArray();

    /// <summary>Pixels that hardly compress, so that a file has several blocks of them.</summary>
    private static Image Noise()
    {
        var pixels = new byte[Side * Side * 3];
        new Random(1).NextBytes(pixels);
        using var memory = Image.NewFromMemoryCopy(pixels, Side, Side, 3, Enums.BandFormat.Uchar);
        return memory.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    private static DecodedPicture Decode(byte[] file) => PictureDecoder.Decode(file, PictureLimits.Default);

    private static string Refused(byte[] file)
    {
        var error = Assert.Throws<EngineException>(() => Decode(file));
        Assert.Equal(EngineErrorCode.InvalidPicture, error.Code);
        return error.Message;
    }
}
