namespace Herd.Silo.Adapters;

/// <summary>The queries of <see cref="AliasRepository"/>.</summary>
internal static class AliasSql
{
    internal const string Columns =
        """
        m.tenant AS Tenant, m.adapter AS Adapter, m.alias AS Alias, m.position AS Position, m.kind AS Kind, m.from_version AS FromVersion,
          m.version AS Version, m.canary AS Canary, m.share AS Share, m.below AS Below, m.moved_at AS MovedAt
        """;

    internal const string CountVersions =
        "SELECT COUNT(*) FROM adapter_versions WHERE tenant = @Tenant AND adapter = @Adapter AND digest IN (@Version, @Canary)";

    internal const string AddHead =
        "INSERT INTO alias_heads (tenant, adapter, alias, position) VALUES (@Tenant, @Adapter, @Alias, @Position) ON CONFLICT DO NOTHING";

    internal const string MoveHead =
        "UPDATE alias_heads SET position = @Position WHERE tenant = @Tenant AND adapter = @Adapter AND alias = @Alias AND position = @Position - 1";

    internal const string AddMove =
        """
        INSERT INTO alias_moves (tenant, adapter, alias, position, kind, from_version, version, canary, share, below, moved_at)
        VALUES (@Tenant, @Adapter, @Alias, @Position, @Kind, @FromVersion, @Version, @Canary, @Share, @Below, @MovedAt)
        """;

    internal const string FindMove = Moves + " AND m.position = @Position";

    internal const string ListMoves = Moves + " AND m.position < @Before ORDER BY m.position DESC LIMIT @Limit";

    private const string Moves = $"SELECT {Columns} FROM alias_moves m WHERE m.tenant = @Tenant AND m.adapter = @Adapter AND m.alias = @Alias";
}
