using System.Buffers.Binary;

namespace Herd.Engine.Vision;

/// <summary>
/// Reads the first chunk of a PNG, and its orientation. The decoder expands palettes and single bits, and turns a transparent colour into an alpha channel; only
/// this chunk tells what the picture was.
/// </summary>
internal static class PngHeader
{
    private const int HeaderEnd = 33;

    public static bool Matches(ReadOnlySpan<byte> file) => file is [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..];

    /// <exception cref="EngineException">The chunk is cut short or says something the format does not allow.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderEnd || BinaryPrimitives.ReadUInt32BigEndian(file[8..]) != 13 || !file[12..16].SequenceEqual("IHDR"u8))
        {
            throw PictureHeader.Invalid("The PNG does not begin with a whole IHDR chunk: the file is damaged.");
        }

        var width = BinaryPrimitives.ReadInt32BigEndian(file[16..]);
        var height = BinaryPrimitives.ReadInt32BigEndian(file[20..]);
        var (depth, colour) = (file[24], file[25]);
        PictureMode? mode = (colour, depth) switch
        {
            (0, 1) => PictureMode.Indexed,
            (0, 2 or 4 or 8 or 16) => PictureMode.Grey,
            (2, 8 or 16) => PictureMode.Rgb,
            (3, 1 or 2 or 4 or 8) => PictureMode.Indexed,
            (4, 8 or 16) => PictureMode.GreyAlpha,
            (6, 8 or 16) => PictureMode.Rgba,
            _ => null,
        };
        if (width < 1 || height < 1 || mode is null)
        {
            throw PictureHeader.Invalid($"The PNG claims {width}x{height} pixels of colour type {colour} with {depth} bits: the file is damaged.");
        }

        return new PictureHeader(PictureFormat.Png, width, height, mode.Value) { Orientation = OrientationIn(file[HeaderEnd..]) };
    }

    /// <summary>The format lets the chunk stand before the pixels or behind them.</summary>
    private static Orientation OrientationIn(ReadOnlySpan<byte> chunks)
    {
        const int Around = 12; // length, name and checksum
        while (chunks.Length >= Around)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(chunks);
            if (length > chunks.Length - Around)
            {
                break;
            }

            if (chunks[4..8].SequenceEqual("eXIf"u8))
            {
                return ExifOrientation.Read(chunks.Slice(8, (int)length));
            }

            chunks = chunks[((int)length + Around)..];
        }

        return Orientation.Upright;
    }
}
