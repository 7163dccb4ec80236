using Herd.Testing.Postgres;

namespace Herd.Testing.Cluster;

/// <summary>A data folder, and the database beside it: SQLite in the folder, or a PostgreSQL server of the cluster's own.</summary>
public sealed class ClusterStorage : IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    private ClusterStorage(PostgresServer? postgres, string? connectionString)
    {
        Postgres = postgres;
        CommandLine =
        [
            "--data", _folder.Path,
            "--set", "Storage:Shared=true",
            .. connectionString is null ? Array.Empty<string>() : ["Storage:Database=postgresql", $"Storage:ConnectionString={connectionString}"],
        ];
    }

    /// <summary>The words that every program gets.</summary>
    public IReadOnlyList<string> CommandLine { get; }

    /// <summary>The server; null on SQLite.</summary>
    public PostgresServer? Postgres { get; }

    /// <summary>SQLite in the data folder.</summary>
    public static ClusterStorage OnSqlite() => new(postgres: null, connectionString: null);

    /// <summary>A server started for this cluster.</summary>
    public static async Task<ClusterStorage> OnPostgresAsync(CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(cancellationToken).ConfigureAwait(false);
        return new ClusterStorage(server, await server.CreateDatabaseAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Postgres is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        _folder.Dispose();
    }
}
