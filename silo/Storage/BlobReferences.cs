using System.Data.Common;
using Dapper;
using Herd.Contracts.Blobs;

namespace Herd.Silo.Storage;

/// <summary>Keeps blobs exactly as long as rows name them. Content is stored once, so tenants may share a blob without knowing it.</summary>
internal sealed class BlobReferences(Database database, IBlobStore blobs)
{
    // One row is enough: others that name the blob may be as many as there are turns.
    private const string NamesPicture = "SELECT 1 FROM turns WHERE picture_digest = @Digest LIMIT 1";

    private const string NamesComponent =
        "SELECT 1 FROM version_components WHERE digest = @Digest UNION ALL SELECT 1 FROM tombstone_components WHERE digest = @Digest LIMIT 1";

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

    /// <summary>Takes a deleted adapter's name off a blob, and removes the blob where no other row names it.</summary>
    internal Task ReleaseAsync(string tombstone, BlobRef blob, CancellationToken cancellationToken) => ReleaseAloneAsync(
        blob,
        (connection, transaction) => connection.ExecuteAsync(
            "DELETE FROM tombstone_components WHERE tombstone = @tombstone AND digest = @Digest", new { tombstone, blob.Digest }, transaction),
        cancellationToken);

    private async Task ReleaseAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        // Whoever removes the row that is found here releases the blob after it: no need to keep anybody out.
        if (!await database.ReadAsync(connection => IsNamedAsync(blob, connection, null), cancellationToken).ConfigureAwait(false))
        {
            await ReleaseAloneAsync(blob, (_, _) => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<bool> ReleaseAloneAsync(BlobRef blob, Func<DbConnection, DbTransaction, Task> before, CancellationToken cancellationToken) =>
        database.TransactAloneAsync(
            blob.Area == BlobArea.Adapters ? "version_components" : "turns",
            async (connection, transaction) =>
            {
                await before(connection, transaction).ConfigureAwait(false);
                var isNamed = await IsNamedAsync(blob, connection, transaction).ConfigureAwait(false);
                if (!isNamed)
                {
                    await blobs.DeleteAsync(blob, cancellationToken).ConfigureAwait(false);
                }

                return isNamed;
            },
            cancellationToken);

    private static async Task<bool> IsNamedAsync(BlobRef blob, DbConnection connection, DbTransaction? transaction) =>
        await connection.ExecuteScalarAsync<int?>(blob.Area == BlobArea.Adapters ? NamesComponent : NamesPicture, new { blob.Digest }, transaction)
            .ConfigureAwait(false) is not null;
}
