using System.Buffers.Binary;

namespace Herd.Engine.Vision;

/// <summary>Walks the chunks of a WebP: its size, whether it has alpha, and its orientation.</summary>
/// <remarks>Layout: Google's WebP container specification. Of an animation the first frame counts, on the whole canvas.</remarks>
internal static class WebpHeader
{
    private const int FirstChunk = 12;
    private const int ChunkHeader = 8;
    private const byte AlphaFlag = 0x10;

    public static bool Matches(ReadOnlySpan<byte> file) =>
        file is [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..];

    /// <exception cref="EngineException">The file is cut short, or its first chunk is damaged or of a kind that is not known.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < FirstChunk || BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) > file.Length - ChunkHeader)
        {
            throw PictureHeader.Invalid("The WebP ends before its last chunk: the file is cut short.");
        }

        var name = Chunk(file[FirstChunk..], out var content);
        var (width, height, alpha) = name switch
        {
            "VP8 " => Lossy(content),
            "VP8L" => Lossless(content),
            "VP8X" => Extended(content),
            _ => throw Damaged(),
        };
        var mode = alpha ? PictureMode.Rgba : PictureMode.Rgb;
        return new PictureHeader(PictureFormat.Webp, width, height, mode) { Orientation = name == "VP8X" ? OrientationIn(file[FirstChunk..]) : Orientation.Upright };
    }

    /// <summary>A key frame's tag, its start code, and 14 bits for each side.</summary>
    private static (int Width, int Height, bool Alpha) Lossy(ReadOnlySpan<byte> content)
    {
        if (content.Length < 10 || (content[0] & 1) != 0 || !content[3..6].SequenceEqual<byte>([0x9D, 0x01, 0x2A]))
        {
            throw Damaged();
        }

        var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(content[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(content[8..]) & 0x3FFF);
        return width > 0 && height > 0 ? (width, height, false) : throw Damaged();
    }

    private static (int Width, int Height, bool Alpha) Lossless(ReadOnlySpan<byte> content)
    {
        if (content.Length < 5 || content[0] != 0x2F)
        {
            throw Damaged();
        }

        var bits = BinaryPrimitives.ReadUInt32LittleEndian(content[1..]);
        return ((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1, (bits & (1 << 28)) != 0);
    }

    private static (int Width, int Height, bool Alpha) Extended(ReadOnlySpan<byte> content)
    {
        if (content.Length < 10)
        {
            throw Damaged();
        }

        return (Side(content[4..]), Side(content[7..]), (content[0] & AlphaFlag) != 0);

        static int Side(ReadOnlySpan<byte> bytes) => (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16)) + 1;
    }

    private static Orientation OrientationIn(ReadOnlySpan<byte> chunks)
    {
        while (chunks.Length >= ChunkHeader)
        {
            var name = Chunk(chunks, out var content);
            if (name == "EXIF")
            {
                return ExifOrientation.Read(content);
            }

            chunks = chunks[Math.Min(chunks.Length, ChunkHeader + content.Length + (content.Length & 1))..];
        }

        return Orientation.Upright;
    }

    private static string Chunk(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> content)
    {
        var length = rest.Length < ChunkHeader ? throw Damaged() : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (length > rest.Length - ChunkHeader)
        {
            throw Damaged();
        }

        content = rest.Slice(ChunkHeader, (int)length);
        return System.Text.Encoding.ASCII.GetString(rest[..4]);
    }

    private static EngineException Damaged() => PictureHeader.Invalid("The WebP does not hold a whole chunk of a known kind: the file is damaged.");
}
