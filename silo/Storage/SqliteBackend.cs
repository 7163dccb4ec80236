using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Herd.Silo.Storage;

/// <summary>A file of SQLite's, for the processes of one machine.</summary>
internal sealed class SqliteBackend(string file) : Backend
{
    private const int Busy = 5;

    // A grain call gives up after five seconds, so waiting longer for another writer helps nobody; one more try must fit in.
    private const int PatienceSeconds = 1;

    // Orleans tries once: a silo whose entry among the members waits for others that start at the same time would end.
    private const int OrleansPatienceSeconds = 4;

    internal override string Name => StorageOptions.Sqlite;

    // The driver is another one, given by the data source.
    internal override string OrleansInvariant => "System.Data.SQLite";

    internal override DbDataSource Source { get; } = new SqliteDataSource(file, PatienceSeconds);

    internal override DbDataSource OrleansSource { get; } = new SqliteDataSource(file, OrleansPatienceSeconds);

    internal override string Place => $"SQLite's file {file}";

    internal override string CountVersionTables => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";

    /// <summary>Transactions begin as writers, and there is one writer at a time.</summary>
    internal override async Task<DbTransaction> BeginMigrationAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("PRAGMA journal_mode=WAL", commandTimeout: MigrationSeconds).ConfigureAwait(false);
        ((SqliteConnection)connection).DefaultTimeout = MigrationSeconds;
        return await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
    }

    internal override Task KeepWritersOutAsync(string table, DbConnection connection, DbTransaction transaction) => Task.CompletedTask;

    internal override bool IsConflict(Exception exception) => exception is SqliteException { SqliteErrorCode: Busy };

    internal override bool IsLostConnection(Exception exception) => false;
}
