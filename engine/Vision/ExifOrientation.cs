using System.Buffers.Binary;

namespace Herd.Engine.Vision;

/// <summary>Finds the orientation in EXIF data. Data that is damaged says nothing: the pixels are there all the same.</summary>
/// <remarks>Layout: TIFF 6.0, tag 0x0112 of the first directory.</remarks>
internal static class ExifOrientation
{
    private const int Tag = 0x0112;
    private const int ShortType = 3;
    private const int EntryBytes = 12;

    /// <summary>What stands in front of the data in JPEG files, and in some others.</summary>
    public static ReadOnlySpan<byte> Prefix => "Exif\0\0"u8;

    public static Orientation Read(ReadOnlySpan<byte> exif)
    {
        var tiff = exif.StartsWith(Prefix) ? exif[Prefix.Length..] : exif;
        if (tiff is not ([(byte)'I', (byte)'I', 42, 0, _, _, _, _, ..] or [(byte)'M', (byte)'M', 0, 42, _, _, _, _, ..]))
        {
            return Orientation.Upright;
        }

        var little = tiff[0] == 'I';
        var directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return Orientation.Upright;
        }

        var entries = tiff[((int)directory + 2)..];
        for (var count = UInt16(tiff[(int)directory..], little); count > 0 && entries.Length >= EntryBytes; count--)
        {
            if (UInt16(entries, little) == Tag && UInt16(entries[2..], little) == ShortType)
            {
                var value = UInt16(entries[8..], little);
                return value is >= 1 and <= 8 ? (Orientation)value : Orientation.Upright;
            }

            entries = entries[EntryBytes..];
        }

        return Orientation.Upright;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
