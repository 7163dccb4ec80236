using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;

namespace Herd.Silo.Conversations;

/// <summary>Keeps the pictures of turns as long as the turns.</summary>
internal sealed class TurnPictures(IBlobStore blobs)
{
    /// <summary>Copies a sent picture to where it stays.</summary>
    /// <exception cref="HerdException">The picture is no longer stored.</exception>
    internal async Task<BlobRef> KeepAsync(BlobRef sent, CancellationToken cancellationToken)
    {
        await using var content = await blobs.OpenAsync(sent, cancellationToken).ConfigureAwait(false)
            ?? throw new HerdException(HerdErrorCode.InvalidPicture, "The picture is no longer stored. Send it again.");
        return await blobs.PutAsync(BlobArea.Pictures, content, sent.Length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies it again where the last other turn that named it was deleted before this turn's row did.</summary>
    internal async Task RestoreAsync(BlobRef? sent, CancellationToken cancellationToken)
    {
        if (sent is not null && await blobs.GetPathAsync(sent with { Area = BlobArea.Pictures }, cancellationToken).ConfigureAwait(false) is null)
        {
            await KeepAsync(sent, cancellationToken).ConfigureAwait(false);
        }
    }
}
