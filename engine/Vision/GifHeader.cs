using System.Buffers.Binary;

namespace Herd.Engine.Vision;

/// <summary>Walks the blocks of a GIF up to its first picture.</summary>
/// <remarks>A GIF has a palette, so it is resized like other palette pictures. Its first frame counts, on the whole canvas; what it leaves transparent is black.</remarks>
internal static class GifHeader
{
    private const int ScreenEnd = 13;
    private const byte Extension = 0x21;
    private const byte Picture = 0x2C;

    public static bool Matches(ReadOnlySpan<byte> file) => file is [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..];

    /// <exception cref="EngineException">The file is cut short or holds no picture.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < ScreenEnd)
        {
            throw Damaged();
        }

        var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(file[6..]), BinaryPrimitives.ReadUInt16LittleEndian(file[8..]));
        var rest = Behind(file, ScreenEnd + PaletteBytes(file[10]));
        while (rest is [Extension, _, ..])
        {
            rest = BehindBlocks(rest[2..]);
        }

        return rest is [Picture, ..] && width > 0 && height > 0
            ? new PictureHeader(PictureFormat.Gif, width, height, PictureMode.Indexed)
            : throw Damaged();
    }

    private static int PaletteBytes(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    private static ReadOnlySpan<byte> BehindBlocks(ReadOnlySpan<byte> rest)
    {
        while (rest is [> 0 and var length, ..])
        {
            rest = Behind(rest, length + 1);
        }

        return Behind(rest, 1);
    }

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> bytes, int count) => count <= bytes.Length ? bytes[count..] : throw Damaged();

    private static EngineException Damaged() => PictureHeader.Invalid("The GIF holds no whole picture: the file is damaged or cut short.");
}
