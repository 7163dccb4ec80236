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
        INSERT INTO adapter_versions (tenant, adapter, digest, base_digest, template, parameters, takes_pictures, manifest, created_at)
        VALUES (@Tenant, @Adapter, @Digest, @BaseDigest, @Template, @Parameters, @TakesPictures, @Manifest, @CreatedAt)
        """;

    internal const string AddComponent =
        """
        INSERT INTO version_components (tenant, adapter, version, name, digest, bytes)
        VALUES (@Tenant, @Adapter, @Version, @Name, @Digest, @Bytes)
        """;

    internal const string AliasHistory =
        "SELECT version FROM aliases WHERE tenant = @Tenant AND adapter = @Adapter AND name = @Alias ORDER BY position DESC";

    internal const string AliasVersion = AliasHistory + " LIMIT 1";

    internal const string PushAlias =
        """
        INSERT INTO aliases (tenant, adapter, name, position, version, moved_at)
        SELECT @Tenant, @Adapter, @Alias, COALESCE(MAX(position), 0) + 1, @Version, @MovedAt
        FROM aliases WHERE tenant = @Tenant AND adapter = @Adapter AND name = @Alias
        """;

    internal const string PopAlias =
        """
        DELETE FROM aliases WHERE tenant = @Tenant AND adapter = @Adapter AND name = @Alias AND position =
          (SELECT MAX(position) FROM aliases WHERE tenant = @Tenant AND adapter = @Adapter AND name = @Alias)
        """;

    internal const string Delete = "DELETE FROM adapters WHERE tenant = @tenant AND name = @adapter";

    internal const string ReadAll =
        """
        SELECT name AS Name, created_at AS CreatedAt FROM adapters
        WHERE tenant = @tenant AND (@adapter IS NULL OR name = @adapter) ORDER BY name;

        SELECT tenant AS Tenant, adapter AS Adapter, digest AS Digest, base_digest AS BaseDigest, template AS Template, parameters AS Parameters,
          takes_pictures AS TakesPictures, manifest AS Manifest, created_at AS CreatedAt FROM adapter_versions
        WHERE tenant = @tenant AND (@adapter IS NULL OR adapter = @adapter);

        SELECT tenant AS Tenant, adapter AS Adapter, version AS Version, name AS Name, digest AS Digest, bytes AS Bytes FROM version_components
        WHERE tenant = @tenant AND (@adapter IS NULL OR adapter = @adapter);

        SELECT adapter AS Adapter, name AS Name, version AS Version FROM aliases
        WHERE tenant = @tenant AND (@adapter IS NULL OR adapter = @adapter) ORDER BY name, position;
        """;
}
