namespace Herd.Silo.Leases;

/// <summary>The queries of <see cref="TombstoneRepository"/>.</summary>
internal static class TombstoneSql
{
    /// <summary>
    /// Those whose versions nobody holds. A holder that has not told of itself since a version could last be taken up counts as holding it; a version that another
    /// adapter has too need not be waited for.
    /// </summary>
    internal const string Unheld =
        """
        SELECT t.id FROM tombstones t WHERE t.freed_at IS NULL AND t.deleted_at <= @Before
          AND NOT EXISTS (SELECT 1 FROM lease_holders h WHERE h.renewed_at <= t.deleted_at + @Grace)
          AND NOT EXISTS (
            SELECT 1 FROM tombstone_components c JOIN adapter_leases l ON l.version = c.version
            WHERE c.tombstone = t.id AND NOT EXISTS (SELECT 1 FROM adapter_versions v WHERE v.digest = c.version))
        ORDER BY t.deleted_at LIMIT 100
        """;

    internal const string Components = "SELECT DISTINCT digest AS Digest, bytes AS Bytes FROM tombstone_components WHERE tombstone = @id";

    internal const string Free = "UPDATE tombstones SET freed_at = @FreedAt WHERE id = @Id";

    internal const string List =
        """
        SELECT id AS Id, tenant AS Tenant, adapter AS Adapter, created_at AS CreatedAt, deleted_at AS DeletedAt, freed_at AS FreedAt FROM tombstones
        WHERE (deleted_at, id) < (@moment, @id) ORDER BY deleted_at DESC, id DESC LIMIT @limit
        """;
}
