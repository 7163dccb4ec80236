using System.Buffers.Binary;
using System.IO.Hashing;

namespace Herd.Engine.Tests.Vision;

/// <summary>Puts EXIF data into plain picture files.</summary>
internal static class ExifPictures
{
    private const int PngHeaderEnd = 33;
    private const int PngEndMark = 12;

    /// <summary>EXIF data that holds an orientation alone.</summary>
    public static byte[] Orientation(int orientation) => [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    /// <param name="png">A file without such data.</param>
    /// <param name="exif">The data.</param>
    /// <param name="behindPixels">Where the chunk stands.</param>
    public static byte[] Png(byte[] png, byte[] exif, bool behindPixels)
    {
        byte[] named = [.. "eXIf"u8, .. exif];
        var at = behindPixels ? png.Length - PngEndMark : PngHeaderEnd;
        return [.. png[..at], .. BigEndian(exif.Length), .. named, .. BigEndian((int)Crc32.HashToUInt32(named)), .. png[at..]];
    }

    public static byte[] Jpeg(byte[] jpeg, byte[] exif)
    {
        byte[] named = [.. "Exif\0\0"u8, .. exif];
        return [.. jpeg[..2], 0xFF, 0xE1, .. BigEndian(named.Length + 2)[2..], .. named, .. jpeg[2..]];
    }

    /// <summary>An extended WebP around the chunk of a plain one.</summary>
    public static byte[] Webp(byte[] plain, int width, int height, byte[] exif)
    {
        byte[] padding = exif.Length % 2 == 0 ? [] : [0];
        byte[] content =
        [
            .. "WEBPVP8X"u8, .. LittleEndian(10), 0x08, 0, 0, 0, .. LittleEndian(width - 1)[..3], .. LittleEndian(height - 1)[..3],
            .. plain[12..], .. "EXIF"u8, .. LittleEndian(exif.Length), .. exif, .. padding,
        ];
        return [.. "RIFF"u8, .. LittleEndian(content.Length), .. content];
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] LittleEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
