using System.Data.Common;
using Dapper;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>Holds a tenant to what it may keep. Asked inside the transaction that added something, so two that add at once cannot both find room.</summary>
internal static class StorageQuota
{
    private const string Limits = "SELECT stored_bytes AS Bytes, stored_pictures AS Pictures FROM tenant_limits WHERE tenant = @tenant";

    /// <summary>The tenant's pictures, each found from the one before it through the index: they may be few, and the turns that name them many.</summary>
    private const string Pictures =
        """
        WITH RECURSIVE pictures(digest) AS (
          SELECT MIN(picture_digest) FROM turns WHERE tenant = @tenant AND picture_digest IS NOT NULL
          UNION ALL
          SELECT (SELECT MIN(picture_digest) FROM turns WHERE tenant = @tenant AND picture_digest > pictures.digest) FROM pictures WHERE digest IS NOT NULL)

        """;

    private const string CountPictures = Pictures + "SELECT COUNT(digest) FROM pictures";

    private const string SumBytes = Pictures +
        """
        SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM (
          SELECT digest, bytes FROM version_components WHERE tenant = @tenant
          UNION
          SELECT digest, (SELECT picture_bytes FROM turns WHERE tenant = @tenant AND picture_digest = pictures.digest LIMIT 1)
          FROM pictures WHERE digest IS NOT NULL) AS kept
        """;

    /// <exception cref="HerdException">The tenant keeps more now than it may.</exception>
    internal static async Task RequireAsync(string tenant, DbConnection connection, DbTransaction transaction)
    {
        var limits = await connection.QuerySingleOrDefaultAsync<LimitRow>(Limits, new { tenant }, transaction).ConfigureAwait(false);
        if (limits?.Bytes is { } bytes && await connection.ExecuteScalarAsync<long>(SumBytes, new { tenant }, transaction).ConfigureAwait(false) > bytes)
        {
            throw HerdException.Quota(
                LimitNames.StoredBytes, $"With this the tenant would keep more than the {bytes} bytes it may. Delete adapters or conversations first.");
        }

        if (limits?.Pictures is { } pictures && await connection.ExecuteScalarAsync<long>(CountPictures, new { tenant }, transaction).ConfigureAwait(false) > pictures)
        {
            throw HerdException.Quota(
                LimitNames.StoredPictures, $"With this the tenant's conversations would keep more than the {pictures} pictures they may. Delete some first.");
        }
    }

    private sealed class LimitRow
    {
        public long? Bytes { get; init; }

        public long? Pictures { get; init; }
    }
}
