using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;

namespace Herd.Silo.Conversations;

/// <summary>Keeps the pictures of turns as long as the turns.</summary>
internal sealed class TurnPictures(IBlobStore blobs, TurnRepository turns)
{
    /// <summary>The picture that a turn brings or names, kept or about to be.</summary>
    /// <returns>The picture; null where the turn has none of its own.</returns>
    /// <exception cref="HerdException">It is not stored, or no turn of this tenant has it: the two look alike.</exception>
    internal async Task<BlobRef?> FindAsync(string tenant, TurnRequest request, CancellationToken cancellationToken)
    {
        if (request.Picture is { } sent)
        {
            return await KeepAsync(sent, cancellationToken).ConfigureAwait(false);
        }

        return request.PictureDigest is { } digest
            ? await turns.FindPictureAsync(tenant, digest, cancellationToken).ConfigureAwait(false) ?? throw Unknown()
            : null;
    }

    /// <summary>Makes sure that a stored turn's picture is there: the last other turn that named it may have been deleted before this one was stored.</summary>
    /// <returns>False where it is gone and the turn does not bring it.</returns>
    internal async Task<bool> IsKeptAsync(StoredTurn turn, TurnRequest request, CancellationToken cancellationToken)
    {
        if (turn.Picture is not { } picture || await blobs.GetPathAsync(picture, cancellationToken).ConfigureAwait(false) is not null)
        {
            return true;
        }

        if (request.Picture is not { } sent)
        {
            return false;
        }

        await KeepAsync(sent, cancellationToken).ConfigureAwait(false);
        return true;
    }

    internal static HerdException Unknown() =>
        new(HerdErrorCode.NotFound, "No turn of this tenant has a picture of that digest. Send the picture itself.") { Field = "picture_digest" };

    private async Task<BlobRef> KeepAsync(BlobRef sent, CancellationToken cancellationToken)
    {
        await using var content = await blobs.OpenAsync(sent, cancellationToken).ConfigureAwait(false)
            ?? throw new HerdException(HerdErrorCode.InvalidPicture, "The picture is no longer stored. Send it again.");
        return await blobs.PutAsync(BlobArea.Pictures, content, sent.Length, cancellationToken).ConfigureAwait(false);
    }
}
