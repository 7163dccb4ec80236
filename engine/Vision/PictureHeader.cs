namespace Herd.Engine.Vision;

/// <summary>What a picture file says about itself, read by our own code before a decoder sees the file.</summary>
internal readonly record struct PictureHeader(PictureFormat Format, int Width, int Height, PictureMode Mode)
{
    /// <summary>How the stored pixels are to be turned.</summary>
    public Orientation Orientation { get; init; } = Orientation.Upright;

    /// <summary>Where the bytes end that the decoder is to see; null for all. What follows is known to be of no use.</summary>
    public int? End { get; init; }

    /// <exception cref="EngineException">The file is of another format, or its header is damaged or of a kind that is not taken.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        if (PngHeader.Matches(file))
        {
            return PngHeader.Read(file);
        }

        if (WebpHeader.Matches(file))
        {
            return WebpHeader.Read(file);
        }

        if (GifHeader.Matches(file))
        {
            return GifHeader.Read(file);
        }

        return JpegHeader.Matches(file)
            ? JpegHeader.Read(file)
            : throw Invalid($"Expected a PNG, JPEG, WebP or GIF picture, found {NameOf(file)}. Convert it first.");
    }

    public static EngineException Invalid(string message, Exception? inner = null) => new(EngineErrorCode.InvalidPicture, message, inner);

    private static string NameOf(ReadOnlySpan<byte> file) => file switch
    {
        [] => "no bytes at all",
        [(byte)'B', (byte)'M', ..] => "a BMP",
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "a TIFF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "a HEIF, AVIF or video file",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF",
        [(byte)'<', ..] => "an SVG, XML or HTML text",
        _ => "bytes of no known picture format",
    };
}
