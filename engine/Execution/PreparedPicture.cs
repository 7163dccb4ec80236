using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Execution;

/// <summary>A picture as the image encoder takes it.</summary>
/// <param name="Digest">Lower-case hexadecimal SHA-256 of the file's bytes.</param>
/// <param name="Values">Normalised values, [3, size, size], row by row.</param>
internal sealed record PreparedPicture(string Digest, float[] Values)
{
    /// <summary>Decodes, resizes and normalises a file.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="limits">What may be decoded.</param>
    /// <param name="size">Width and height the encoder takes.</param>
    /// <param name="order">The colour order the adapter was trained with.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidPicture"/>.</exception>
    public static PreparedPicture From(ReadOnlyMemory<byte> file, PictureLimits limits, int size, ChannelOrder order)
    {
        var pixels = ClipPreprocessor.Resize(PictureDecoder.Decode(file, limits), size);
        using var image = ClipPreprocessor.ToTensor(pixels, size, order);
        return new PreparedPicture(Convert.ToHexStringLower(SHA256.HashData(file.Span)), MemoryMarshal.Cast<byte, float>(image.bytes).ToArray());
    }

    /// <summary>The picture as a batch of one.</summary>
    /// <param name="size">Width and height.</param>
    /// <returns>[1, 3, size, size], Float32, owned by the caller's scope.</returns>
    public Tensor ToTensor(int size) => tensor(Values, [1, 3, size, size]);
}
