using System.Security.Cryptography;
using Herd.Engine.Vision;

namespace Herd.Engine.Experts;

/// <summary>A picture as experts get it: never the file that was sent, but pixels that Herd's own decoder made of it, written anew.</summary>
public sealed class ExpertPicture
{
    /// <summary>Most pixels that an expert gets; larger pictures are made smaller.</summary>
    public const int MaxPixels = 4_000_000;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly Lazy<Task<DecodedPicture>> _pixels;

    /// <summary>Takes a file; it is decoded when the first expert needs its pixels.</summary>
    /// <param name="file">The whole PNG, JPEG, WebP or GIF file.</param>
    /// <param name="limits">What it may cost.</param>
    public ExpertPicture(ReadOnlyMemory<byte> file, PictureLimits limits)
    {
        _file = file;
        Digest = Convert.ToHexStringLower(SHA256.HashData(file.Span));
        _pixels = new Lazy<Task<DecodedPicture>>(() => Task.Run(() => PictureEncoder.Flatten(PictureDecoder.Decode(file, limits), MaxPixels)));
    }

    /// <summary>Lower-case hexadecimal SHA-256 of the file's bytes.</summary>
    public string Digest { get; }

    /// <summary>The file as it was sent, for experts that are this very process.</summary>
    public ReadOnlyMemory<byte> File => _file;

    /// <summary>The picture as PNG: three channels, transparent parts white.</summary>
    /// <param name="leastSide">Pictures whose longer side is shorter are enlarged, by at most <see cref="PictureEncoder.MaxEnlargement"/>; 0 for none.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The file.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidPicture"/>: the picture cannot be read.</exception>
    public async Task<byte[]> ToPngAsync(int leastSide, CancellationToken cancellationToken)
    {
        var pixels = await _pixels.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => PictureEncoder.ToPng(pixels, leastSide), cancellationToken).ConfigureAwait(false);
    }
}
