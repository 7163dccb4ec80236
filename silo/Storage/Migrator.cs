using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Herd.Silo.Storage;

/// <summary>Brings the database to this program's schema: numbered scripts, each applied once, all that are due in one transaction.</summary>
/// <remarks>Several processes may start at once: the first to take the lock applies the scripts, the others then find them applied.</remarks>
internal sealed class Migrator(Backend backend)
{
    private const string Versions = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL)";
    private const string Found = "SELECT COALESCE(MAX(version), 0) FROM schema_version";

    /// <summary>The scripts for this database, in order.</summary>
    internal ImmutableArray<Script> Scripts { get; } = ScriptsOf(backend.Name);

    internal static ImmutableArray<Script> ScriptsOf(string backend) =>
    [
        .. typeof(Migrator).Assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(backend + "/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(resource => new Script(resource)),
    ];

    /// <summary>Applies what is due.</summary>
    /// <returns>The versions before and after.</returns>
    /// <exception cref="SchemaTooNewException">A newer program has migrated the database; nothing was changed.</exception>
    /// <exception cref="DatabaseUnavailableException">The database cannot be used; nothing was changed.</exception>
    internal Task<SchemaState> MigrateAsync(CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await using var transaction = await backend.BeginMigrationAsync(connection, cancellationToken).ConfigureAwait(false);
            var state = await ReadAsync(connection, transaction).ConfigureAwait(false);
            await ApplyAsync(Due(state), connection, transaction).ConfigureAwait(false);
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            return state;
        },
        cancellationToken);

    /// <summary>Looks without changing anything.</summary>
    /// <returns>The version found, 0 where there is no schema, and this program's.</returns>
    /// <exception cref="DatabaseUnavailableException">The database cannot be used.</exception>
    internal Task<SchemaState> InspectAsync(CancellationToken cancellationToken) =>
        RunAsync(connection => ReadAsync(connection, transaction: null), cancellationToken);

    /// <summary>Demands a database that is neither older nor newer than this program.</summary>
    /// <returns>The versions.</returns>
    /// <exception cref="SchemaTooOldException">Scripts are due.</exception>
    /// <exception cref="SchemaTooNewException">A newer program has migrated the database.</exception>
    internal async Task<SchemaState> RequireCurrentAsync(CancellationToken cancellationToken)
    {
        var state = await InspectAsync(cancellationToken).ConfigureAwait(false);
        return Due(state).Any() ? throw new SchemaTooOldException(state.Found, state.Known) : state;
    }

    private Task<SchemaState> RunAsync(Func<DbConnection, Task<SchemaState>> work, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                await using var connection = await backend.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                return await work(connection).ConfigureAwait(false);
            }
            catch (Exception exception) when (Database.IsFailure(exception))
            {
                throw new DatabaseUnavailableException(backend.Place, exception);
            }
        },
        cancellationToken);

    private async Task<SchemaState> ReadAsync(DbConnection connection, DbTransaction? transaction)
    {
        var exists = await connection.ExecuteScalarAsync<bool>(backend.CountVersionTables, transaction: transaction).ConfigureAwait(false);
        var found = exists ? await connection.ExecuteScalarAsync<int>(Found, transaction: transaction).ConfigureAwait(false) : 0;
        return new SchemaState(found, Scripts[^1].Version);
    }

    private IEnumerable<Script> Due(SchemaState state) => state.Found <= state.Known
        ? Scripts.Where(script => script.Version > state.Found)
        : throw new SchemaTooNewException(state.Found, state.Known);

    private static async Task ApplyAsync(IEnumerable<Script> due, DbConnection connection, DbTransaction transaction)
    {
        foreach (var script in due)
        {
            await connection.ExecuteAsync(Versions, transaction: transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(await script.ReadAsync().ConfigureAwait(false), transaction: transaction, commandTimeout: Backend.MigrationSeconds)
                .ConfigureAwait(false);
            await connection.ExecuteAsync(
                "INSERT INTO schema_version (version, script) VALUES (@Version, @Name)", new { script.Version, script.Name }, transaction)
                .ConfigureAwait(false);
        }
    }

    /// <summary>A script, embedded as <c>database/NNNN-name.sql</c>.</summary>
    internal sealed record Script(string Resource)
    {
        internal string Name { get; } = Resource[(Resource.IndexOf('/', StringComparison.Ordinal) + 1)..];

        internal int Version => int.Parse(Name.AsSpan(0, 4), CultureInfo.InvariantCulture);

        internal async Task<string> ReadAsync()
        {
            await using var stream = typeof(Script).Assembly.GetManifestResourceStream(Resource)!;
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync().ConfigureAwait(false);
        }
    }
}
