namespace Herd.Engine.Vision;

/// <summary>What a picture file says about itself, read by our own code before a decoder sees the file.</summary>
internal readonly record struct PictureHeader(bool IsPng, int Width, int Height, PictureMode Mode)
{
    /// <exception cref="EngineException">The file is neither PNG nor JPEG, or its header is damaged or of a kind that is not taken.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        if (PngHeader.Matches(file))
        {
            return PngHeader.Read(file);
        }

        return JpegHeader.Matches(file)
            ? JpegHeader.Read(file)
            : throw Invalid($"Expected a PNG or JPEG picture, found {NameOf(file)}. Convert it first.");
    }

    public static EngineException Invalid(string message, Exception? inner = null) => new(EngineErrorCode.InvalidPicture, message, inner);

    private static string NameOf(ReadOnlySpan<byte> file) => file switch
    {
        [] => "no bytes at all",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "a GIF",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "a WebP",
        [(byte)'B', (byte)'M', ..] => "a BMP",
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "a TIFF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "a HEIF, AVIF or video file",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF",
        [(byte)'<', ..] => "an SVG, XML or HTML text",
        _ => "bytes of no known picture format",
    };
}
