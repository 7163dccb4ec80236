namespace Herd.Silo.Adapters;

/// <summary>The queries of <see cref="AdapterRepository"/>.</summary>
internal static class AdapterSql
{
    internal const string HasVersion =
        "SELECT COUNT(*) FROM adapter_versions WHERE tenant = @Tenant AND adapter = @Adapter AND digest = @Digest";

    internal const string AllowedAdapters = "SELECT adapters FROM tenants WHERE name = @Tenant";

    internal const string CountOtherAdapters = "SELECT COUNT(*) FROM adapters WHERE tenant = @Tenant AND name <> @Adapter";

    internal const string CountVersions = "SELECT COUNT(*) FROM adapter_versions WHERE tenant = @Tenant AND adapter = @Adapter";

    internal const string AddAdapter =
        "INSERT INTO adapters (tenant, name, created_at) VALUES (@Tenant, @Adapter, @CreatedAt) ON CONFLICT DO NOTHING";

    internal const string AddVersion =
        """
        INSERT INTO adapter_versions (tenant, adapter, digest, base_digest, template, parameters, takes_pictures, manifest, experts, created_at)
        VALUES (@Tenant, @Adapter, @Digest, @BaseDigest, @Template, @Parameters, @TakesPictures, @Manifest, @Experts, @CreatedAt)
        """;

    internal const string SetExperts = "UPDATE adapter_versions SET experts = @Experts WHERE tenant = @Tenant AND adapter = @Adapter AND digest = @Digest";

    internal const string AddComponent =
        """
        INSERT INTO version_components (tenant, adapter, version, name, digest, bytes)
        VALUES (@Tenant, @Adapter, @Version, @Name, @Digest, @Bytes)
        """;

    internal const string AddTombstone =
        """
        INSERT INTO tombstones (id, tenant, adapter, created_at, deleted_at)
        SELECT @Id, tenant, name, created_at, @DeletedAt FROM adapters WHERE tenant = @Tenant AND name = @Adapter
        """;

    internal const string KeepComponents =
        """
        INSERT INTO tombstone_components (tombstone, version, name, digest, bytes)
        SELECT @Id, version, name, digest, bytes FROM version_components WHERE tenant = @Tenant AND adapter = @Adapter
        """;

    /// <summary>What no other adapter has too: the same content is the same version, whoever publishes it.</summary>
    internal const string OwnVersions =
        """
        SELECT mine.digest FROM adapter_versions mine WHERE mine.tenant = @Tenant AND mine.adapter = @Adapter AND NOT EXISTS (
          SELECT 1 FROM adapter_versions other WHERE other.digest = mine.digest AND (other.tenant <> @Tenant OR other.adapter <> @Adapter))
        """;

    internal const string Delete = "DELETE FROM adapters WHERE tenant = @Tenant AND name = @Adapter";

    internal const string ReadAll =
        $"""
        SELECT name AS Name, created_at AS CreatedAt FROM adapters
        WHERE tenant = @tenant AND (@adapter IS NULL OR name = @adapter) ORDER BY name;

        SELECT tenant AS Tenant, adapter AS Adapter, digest AS Digest, base_digest AS BaseDigest, template AS Template, parameters AS Parameters,
          takes_pictures AS TakesPictures, manifest AS Manifest, experts AS Experts, created_at AS CreatedAt FROM adapter_versions
        WHERE tenant = @tenant AND (@adapter IS NULL OR adapter = @adapter);

        SELECT tenant AS Tenant, adapter AS Adapter, version AS Version, name AS Name, digest AS Digest, bytes AS Bytes FROM version_components
        WHERE tenant = @tenant AND (@adapter IS NULL OR adapter = @adapter);

        SELECT {AliasSql.Columns} FROM alias_heads h
        JOIN alias_moves m ON m.tenant = h.tenant AND m.adapter = h.adapter AND m.alias = h.alias AND m.position = h.position
        WHERE h.tenant = @tenant AND (@adapter IS NULL OR h.adapter = @adapter) ORDER BY h.alias;
        """;
}
