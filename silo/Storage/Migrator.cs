using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Herd.Silo.Storage;

/// <summary>Brings the database to this program's schema: numbered scripts, each applied once, in one transaction.</summary>
/// <remarks>Several processes may start at once: the first to take the write lock applies the scripts, the others then find them applied.</remarks>
internal sealed class Migrator(DbDataSource source)
{
    private const string Versions = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL)";

    internal static IReadOnlyList<(int Version, string Name)> Scripts { get; } =
    [
        .. typeof(Migrator).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name)),
    ];

    internal Task MigrateAsync(CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync("PRAGMA journal_mode=WAL").ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await ApplyAsync(connection, transaction).ConfigureAwait(false);
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        },
        cancellationToken);

    private static async Task ApplyAsync(DbConnection connection, DbTransaction transaction)
    {
        await connection.ExecuteAsync(Versions, transaction: transaction).ConfigureAwait(false);
        var found = await connection.ExecuteScalarAsync<int>("SELECT COALESCE(MAX(version), 0) FROM schema_version", transaction: transaction)
            .ConfigureAwait(false);
        var newest = Scripts[^1].Version;
        if (found > newest)
        {
            throw new SchemaTooNewException(found, newest);
        }

        foreach (var (version, name) in Scripts.Where(script => script.Version > found))
        {
            await connection.ExecuteAsync(await ReadScriptAsync(name).ConfigureAwait(false), transaction: transaction).ConfigureAwait(false);
            await connection.ExecuteAsync("INSERT INTO schema_version (version, script) VALUES (@version, @name)", new { version, name }, transaction)
                .ConfigureAwait(false);
        }
    }

    private static async Task<string> ReadScriptAsync(string name)
    {
        await using var stream = typeof(Migrator).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().ConfigureAwait(false);
    }
}
