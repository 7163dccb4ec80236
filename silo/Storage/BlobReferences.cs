using System.Data.Common;
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

    private async Task ReleaseAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var (table, column) = blob.Area == BlobArea.Adapters ? ("version_components", "digest") : ("turns", "picture_digest");

        // Whoever removes the row that is found here releases the blob after it: no need to keep anybody out.
        if (await database.ReadAsync(connection => IsNamedAsync(connection, null), cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await database.TransactAloneAsync(
            table,
            async (connection, transaction) =>
            {
                var isNamed = await IsNamedAsync(connection, transaction).ConfigureAwait(false);
                if (!isNamed)
                {
                    await blobs.DeleteAsync(blob, cancellationToken).ConfigureAwait(false);
                }

                return isNamed;
            },
            cancellationToken).ConfigureAwait(false);

        // One row is enough: others that name the blob may be as many as there are turns.
        async Task<bool> IsNamedAsync(DbConnection connection, DbTransaction? transaction) => await connection.ExecuteScalarAsync<int?>(
            $"SELECT 1 FROM {table} WHERE {column} = @Digest LIMIT 1", new { blob.Digest }, transaction).ConfigureAwait(false) is not null;
    }
}
