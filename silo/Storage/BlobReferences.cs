using Dapper;
using Herd.Contracts.Blobs;

namespace Herd.Silo.Storage;

/// <summary>Keeps blobs exactly as long as rows name them. Content is stored once, so tenants may share a blob without knowing it.</summary>
internal sealed class BlobReferences(Database database, IBlobStore blobs)
{
    /// <summary>Removes those blobs that no row names any more.</summary>
    /// <remarks>
    /// Counting and removing are one transaction that keeps writers out. A writer that adds its row afterwards sees the blob missing and stores it again.
    /// </remarks>
    internal async Task ReleaseAsync(IReadOnlyCollection<BlobRef> released, CancellationToken cancellationToken)
    {
        foreach (var blob in released.Distinct())
        {
            await ReleaseAsync(blob, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<bool> ReleaseAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var (table, column) = blob.Area == BlobArea.Adapters ? ("version_components", "digest") : ("turns", "picture_digest");
        return database.TransactAloneAsync(
            table,
            async (connection, transaction) =>
            {
                var names = await connection.ExecuteScalarAsync<long>(
                    $"SELECT COUNT(*) FROM {table} WHERE {column} = @Digest", new { blob.Digest }, transaction).ConfigureAwait(false);
                if (names == 0)
                {
                    await blobs.DeleteAsync(blob, cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken);
    }
}
