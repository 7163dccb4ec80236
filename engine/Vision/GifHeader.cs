using System.Buffers.Binary;

namespace Herd.Engine.Vision;

/// <summary>Walks the blocks of a GIF up to the end of its first frame.</summary>
/// <remarks>A GIF has a palette, so it is resized like other palette pictures. Its first frame counts, on the whole canvas; what it leaves open is black.</remarks>
internal static class GifHeader
{
    /// <summary>Ends a file.</summary>
    public const byte Trailer = 0x3B;

    private const int ScreenFlags = 10;
    private const int ScreenEnd = 13;
    private const int DescriptorFlags = 9;
    private const int DescriptorEnd = 10;
    private const byte Extension = 0x21;
    private const byte Picture = 0x2C;

    public static bool Matches(ReadOnlySpan<byte> file) => file is [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..];

    /// <remarks>A first frame that sticks out makes the canvas larger, as in browsers and in Pillow. Frames behind it are not looked at.</remarks>
    /// <exception cref="EngineException">The first frame is not there whole.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        var rest = Behind(file, ScreenEnd);
        rest = Behind(rest, PaletteBytes(file[ScreenFlags]));
        while (rest is [Extension, _, ..])
        {
            rest = BehindBlocks(rest[2..]);
        }

        var frame = rest is [Picture, ..] && rest.Length > DescriptorEnd ? rest : throw Damaged();
        rest = BehindBlocks(Behind(frame, DescriptorEnd + PaletteBytes(frame[DescriptorFlags]) + 1));
        var (width, height) = (Side(file[6..], frame[1..], frame[5..]), Side(file[8..], frame[3..], frame[7..]));
        return width > 0 && height > 0
            ? new PictureHeader(PictureFormat.Gif, width, height, PictureMode.Indexed) { End = file.Length - rest.Length }
            : throw Damaged();
    }

    /// <summary>The larger of the canvas's side and the frame's far edge.</summary>
    private static int Side(ReadOnlySpan<byte> canvas, ReadOnlySpan<byte> start, ReadOnlySpan<byte> length) => Math.Max(
        BinaryPrimitives.ReadUInt16LittleEndian(canvas),
        BinaryPrimitives.ReadUInt16LittleEndian(start) + BinaryPrimitives.ReadUInt16LittleEndian(length));

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

    private static EngineException Damaged() => PictureHeader.Invalid("The GIF holds no whole frame: the file is damaged or cut short.");
}
