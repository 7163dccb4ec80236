using NetVips;

namespace Herd.Engine.Vision;

/// <summary>Turns PNG and JPEG files into pixels. Safe on files from strangers; may be called from any thread.</summary>
public static class PictureDecoder
{
    // Process-wide, and nothing else here uses libvips: no other loader can be reached, even by a file that looks like two formats.
    static PictureDecoder()
    {
        Operation.Block("VipsForeignLoad", true);
        Operation.Block("VipsForeignLoadPng", false);
        Operation.Block("VipsForeignLoadJpeg", false);
        Cache.Max = 0;
        NetVips.NetVips.Concurrency = 1;

        // Its warnings arrive as exceptions too; on standard error a stranger's damaged files could flood the log.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, (_, _, _) => { });
    }

    /// <summary>Decodes a picture as it is stored: no rotation by metadata, no colour management.</summary>
    /// <remarks>
    /// PNG of every colour type, and grey or colour JPEG. Channels of 16 bits keep their high byte. A PNG's transparent colour is ignored,
    /// alpha channels are kept.
    /// </remarks>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">What the picture may cost; checked before pixels are decoded.</param>
    /// <returns>The pixels.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineErrorCode.InvalidPicture"/>: another format, damaged, cut short, or over a limit.
    /// </exception>
    public static DecodedPicture Decode(ReadOnlyMemory<byte> bytes, PictureLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (bytes.Length > limits.MaxBytes)
        {
            throw PictureHeader.Invalid($"The picture has {bytes.Length} bytes, the limit is {limits.MaxBytes}. Send a smaller one.");
        }

        var header = PictureHeader.Read(bytes.Span);
        Check(header, limits);
        try
        {
            return Load(bytes, header);
        }
        catch (VipsException e)
        {
            throw PictureHeader.Invalid($"The picture is damaged or cut short: {e.Message.ReplaceLineEndings(" ").Trim()}", e);
        }
    }

    private static void Check(PictureHeader header, PictureLimits limits)
    {
        var (width, height) = (header.Width, header.Height);
        if ((long)width * height > limits.MaxPixels)
        {
            throw PictureHeader.Invalid($"The picture has {width}x{height} pixels, the limit is {limits.MaxPixels} in all. Send a smaller one.");
        }

        if (Math.Max(width, height) > (long)Math.Min(width, height) * limits.MaxAspectRatio)
        {
            throw PictureHeader.Invalid($"The picture has {width}x{height} pixels; a side may be {limits.MaxAspectRatio} times the other. Crop it.");
        }
    }

    private static DecodedPicture Load(ReadOnlyMemory<byte> bytes, PictureHeader header)
    {
        using var image = header.IsPng
            ? Image.PngloadBuffer(bytes.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error)
            : Image.JpegloadBuffer(bytes.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
        if (image.Width != header.Width || image.Height != header.Height || image.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort))
        {
            var (claimed, found) = ($"{header.Width}x{header.Height}", $"{image.Width}x{image.Height} of {image.Format}");
            throw PictureHeader.Invalid($"The picture's header says {claimed}, its data says {found}: the file is damaged.");
        }

        return new DecodedPicture(header.Width, header.Height, header.Mode, Arrange(image, header.Mode));
    }

    private static byte[] Arrange(Image image, PictureMode mode)
    {
        var samples = image.Format == Enums.BandFormat.Ushort
            ? Array.ConvertAll(image.WriteToMemory<ushort>(), sample => (byte)(sample >> 8))
            : image.WriteToMemory<byte>();
        var (bands, channels) = (image.Bands, DecodedPicture.ChannelsOf(mode));
        if (bands == channels)
        {
            return samples;
        }

        // More bands than channels is an alpha made from a transparent colour, fewer is grey expanded from single bits.
        var pixels = new byte[samples.Length / bands * channels];
        for (var (from, to) = (0, 0); to < pixels.Length; from += bands, to += channels)
        {
            for (var c = 0; c < channels; c++)
            {
                pixels[to + c] = samples[from + (bands < channels ? 0 : c)];
            }
        }

        return pixels;
    }
}
