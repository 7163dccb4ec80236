using System.Data.Common;
using Dapper;
using Herd.Contracts.Blobs;

namespace Herd.Silo.Storage;

/// <summary>Keeps blobs exactly as long as rows name them. Content is stored once, so tenants may share a blob without knowing it.</summary>
internal sealed class BlobReferences(Database database, IBlobStore blobs)
{
    private const string CountComponents = "SELECT COUNT(*) FROM version_components WHERE digest = @digest";
    private const string CountPictures = "SELECT COUNT(*) FROM turns WHERE picture_digest = @digest";

    /// <summary>Removes those blobs that no row names any more.</summary>
    /// <remarks>Counting and removing are one writing transaction. A writer that adds its row afterwards sees the blob missing and stores it again.</remarks>
    internal Task ReleaseAsync(IReadOnlyCollection<BlobRef> released, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            foreach (var blob in released.Distinct())
            {
                if (!await IsNamedAsync(blob, connection, transaction).ConfigureAwait(false))
                {
                    await blobs.DeleteAsync(blob, cancellationToken).ConfigureAwait(false);
                }
            }

            return true;
        },
        cancellationToken);

    private static async Task<bool> IsNamedAsync(BlobRef blob, DbConnection connection, DbTransaction transaction) =>
        await connection.ExecuteScalarAsync<long>(
            blob.Area == BlobArea.Adapters ? CountComponents : CountPictures, new { digest = blob.Digest }, transaction).ConfigureAwait(false) > 0;
}
