using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Serving;

/// <summary>Puts pictures where replicas find them.</summary>
internal sealed class Pictures(IBlobStore blobs, IOptions<GatewayOptions> options)
{
    /// <summary>Stores a picture for one request; a conversation keeps a copy of its own. Replicas decode it: they alone have the decoder and its limits.</summary>
    /// <param name="bytes">The file's bytes; null or empty for none.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The stored picture, or null where there is none. Whoever asked removes it when the request ends.</returns>
    /// <exception cref="HerdException">It is too large.</exception>
    public async Task<BlobRef?> StoreAsync(ReadOnlyMemory<byte>? bytes, CancellationToken cancellationToken)
    {
        if (bytes is not { Length: > 0 } picture)
        {
            return null;
        }

        var limit = options.Value.MaxPictureBytes;
        if (picture.Length > limit)
        {
            throw new HerdException(HerdErrorCode.InvalidPicture, $"The picture has {picture.Length} bytes; at most {limit} are allowed.");
        }

        using var content = new MemoryStream(picture.ToArray(), writable: false);
        return await blobs.PutAsync(BlobArea.Scratch, content, limit, cancellationToken);
    }

    /// <summary>Removes a request's picture.</summary>
    /// <param name="picture">The picture; null for none.</param>
    /// <returns>A task.</returns>
    public Task RemoveAsync(BlobRef? picture) => picture is null ? Task.CompletedTask : blobs.DeleteAsync(picture, CancellationToken.None);
}
