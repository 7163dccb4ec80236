using NetVips;

namespace Herd.Engine.Vision;

/// <summary>Turns PNG, JPEG, WebP and GIF files into pixels. Safe on files from strangers; may be called from any thread.</summary>
public static class PictureDecoder
{
    // Process-wide, and nothing else here loads with libvips: no other loader can be reached, even by a file that looks like two formats.
    static PictureDecoder()
    {
        Operation.Block("VipsForeignLoad", true);
        Operation.Block("VipsForeignLoadPng", false);
        Operation.Block("VipsForeignLoadJpeg", false);
        Operation.Block("VipsForeignLoadWebp", false);
        Operation.Block("VipsForeignLoadNsgif", false);
        Cache.Max = 0;
        NetVips.NetVips.Concurrency = 1;

        // Its warnings arrive as exceptions too; on standard error a stranger's damaged files could flood the log.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, (_, _, _) => { });
    }

    /// <summary>Decodes a picture, turned as its EXIF orientation says; no colour management.</summary>
    /// <remarks>
    /// PNG of every colour type, grey or colour JPEG, WebP, GIF; of animations the first frame. Channels of 16 bits keep their high byte. A PNG's
    /// transparent colour is ignored, alpha channels are kept. Takes up to 20 bytes of memory for each pixel of the header's size, beside two copies of the file.
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
        using var stored = Open(bytes, header);
        using var image = OnCanvas(stored, header);
        if (image.Width != header.Width || image.Height != header.Height || image.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort))
        {
            var (claimed, found) = ($"{header.Width}x{header.Height}", $"{image.Width}x{image.Height} of {image.Format}");
            throw PictureHeader.Invalid($"The picture's header says {claimed}, its data says {found}: the file is damaged.");
        }

        // A WebP's flag may promise an alpha that no frame has.
        var mode = header.Mode == PictureMode.Rgba && image.Bands == 3 ? PictureMode.Rgb : header.Mode;
        return header.Orientation.Apply(new DecodedPicture(header.Width, header.Height, mode, Arrange(image, mode)));
    }

    private static Image Open(ReadOnlyMemory<byte> bytes, PictureHeader header) => header.Format switch
    {
        PictureFormat.Png => Image.PngloadBuffer(bytes.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
        PictureFormat.Jpeg => Image.JpegloadBuffer(bytes.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
        PictureFormat.Webp => Image.WebploadBuffer(bytes.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
        _ => Image.GifloadBuffer([.. bytes.Span[..header.End!.Value], GifHeader.Trailer], access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
    };

    /// <summary>
    /// libvips takes canvases of 640x480, 800x600 and the like, and those beyond 2,048, for the screen that the GIF was made on, and gives the frame up to its far edges alone.
    /// </summary>
    private static Image OnCanvas(Image image, PictureHeader header) =>
        header.Format == PictureFormat.Gif && image.Width <= header.Width && image.Height <= header.Height
            ? image.Embed(0, 0, header.Width, header.Height, extend: Enums.Extend.Black)
            : image.Copy();

    private static byte[] Samples(Image image)
    {
        if (image.Format == Enums.BandFormat.Uchar)
        {
            return image.WriteToMemory<byte>();
        }

        // Inside libvips, row by row, so that no whole picture of 16 bits is held.
        using var high = image >> 8;
        using var narrow = high.Cast(Enums.BandFormat.Uchar);
        return narrow.WriteToMemory<byte>();
    }

    private static byte[] Arrange(Image image, PictureMode mode)
    {
        var samples = Samples(image);
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
