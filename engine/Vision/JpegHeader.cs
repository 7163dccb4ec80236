using System.Buffers.Binary;

namespace Herd.Engine.Vision;

/// <summary>
/// Walks the markers of a JPEG: finds its size and its orientation, and refuses what would cost the decoder far more than the file's size suggests.
/// </summary>
internal static class JpegHeader
{
    // A scan of a few bytes makes the decoder visit every pixel. Encoders write up to about a dozen.
    private const int MaxScans = 32;

    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;
    private const byte ApplicationData = 0xE1;

    public static bool Matches(ReadOnlySpan<byte> file) => file is [0xFF, 0xD8, 0xFF, ..];

    /// <exception cref="EngineException">The file is cut short, damaged, has too many scans, or is of a kind that is not taken.</exception>
    public static PictureHeader Read(ReadOnlySpan<byte> file)
    {
        PictureHeader? header = null;
        var scans = 0;
        Orientation? orientation = null;
        var rest = file[2..];
        while (true)
        {
            var marker = TakeMarker(ref rest);
            if (marker == EndOfImage)
            {
                return header is { } found && scans > 0 ? found with { Orientation = orientation ?? Orientation.Upright } : throw PictureHeader.Invalid("The JPEG holds no picture data.");
            }

            if (marker is 0x00 or 0x01 or (>= 0xD0 and <= 0xD7))
            {
                continue; // These have no segment.
            }

            var segment = TakeSegment(ref rest);
            if (IsFrame(marker))
            {
                header = header is null ? ReadFrame(marker, segment) : throw PictureHeader.Invalid("The JPEG holds two frames: the file is damaged.");
            }
            else if (marker == ApplicationData && segment.StartsWith(ExifOrientation.Prefix))
            {
                orientation ??= ExifOrientation.Read(segment);
            }
            else if (marker == StartOfScan)
            {
                if (++scans > MaxScans)
                {
                    throw PictureHeader.Invalid($"The JPEG has more than {MaxScans} scans. Save it again as a baseline JPEG.");
                }

                SkipEntropyCodedData(ref rest);
            }
        }
    }

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    private static PictureHeader ReadFrame(byte marker, ReadOnlySpan<byte> segment)
    {
        if (marker > 0xC2)
        {
            throw PictureHeader.Invalid($"Expected a baseline or progressive JPEG, found process 0x{marker:X2}. Save it again as a baseline JPEG.");
        }

        if (segment.Length < 6)
        {
            throw PictureHeader.Invalid("The JPEG's frame header is cut short: the file is damaged.");
        }

        var (bits, channels) = (segment[0], segment[5]);
        var height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        if (bits != 8 || channels is not (1 or 3))
        {
            var kind = channels == 4 ? " (CMYK)" : "";
            throw PictureHeader.Invalid($"Expected a JPEG of 1 or 3 channels of 8 bits, found {channels}{kind} of {bits} bits. Convert it to RGB.");
        }

        if (width == 0 || height == 0)
        {
            throw PictureHeader.Invalid($"The JPEG claims {width}x{height} pixels: the file is damaged.");
        }

        return new PictureHeader(PictureFormat.Jpeg, width, height, channels == 1 ? PictureMode.Grey : PictureMode.Rgb);
    }

    private static byte TakeMarker(ref ReadOnlySpan<byte> rest)
    {
        // Like every decoder, pass over stray bytes before the marker, and over the 0xFF that may be repeated to fill up.
        var start = rest.IndexOf((byte)0xFF);
        var code = start < 0 ? -1 : rest[start..].IndexOfAnyExcept((byte)0xFF);
        if (code < 0)
        {
            throw CutShort();
        }

        var marker = rest[start + code];
        rest = rest[(start + code + 1)..];
        return marker;
    }

    private static ReadOnlySpan<byte> TakeSegment(ref ReadOnlySpan<byte> rest)
    {
        var length = rest.Length < 2 ? throw CutShort() : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length < 2 || length > rest.Length)
        {
            throw CutShort();
        }

        var segment = rest[2..length];
        rest = rest[length..];
        return segment;
    }

    // Inside a scan 0xFF is data when 0x00 follows, and a restart when 0xD0 to 0xD7 does; anything else is the next marker.
    private static void SkipEntropyCodedData(ref ReadOnlySpan<byte> rest)
    {
        while (true)
        {
            var at = rest.IndexOf((byte)0xFF);
            if (at < 0 || at + 1 >= rest.Length)
            {
                throw CutShort();
            }

            if (rest[at + 1] is not (0x00 or (>= 0xD0 and <= 0xD7)))
            {
                rest = rest[at..];
                return;
            }

            rest = rest[(at + 2)..];
        }
    }

    private static EngineException CutShort() => PictureHeader.Invalid("The JPEG ends before its end marker: the file is cut short.");
}
