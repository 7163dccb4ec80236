using System.Data;
using System.Data.Common;
using Dapper;
using Npgsql;

namespace Herd.Silo.Storage;

/// <summary>A database of PostgreSQL's, for any number of machines.</summary>
internal sealed class PostgresBackend(string connectionString) : Backend
{
    // Any number that nobody else who uses the database takes.
    private const long MigrationLock = 0x48657264;

    internal override string Name => "postgresql";

    internal override string OrleansInvariant => "Npgsql";

    internal override DbDataSource Source { get; } = NpgsqlDataSource.Create(connectionString);

    internal override string CountVersionTables =>
        "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('schema_version') AND relkind IN ('r', 'p')";

    /// <summary>Whoever waited for the lock must see what its last holder did, so each statement reads anew.</summary>
    internal override async Task<DbTransaction> BeginMigrationAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@key)", new { key = MigrationLock }, transaction, MigrationSeconds).ConfigureAwait(false);
        return transaction;
    }
}
