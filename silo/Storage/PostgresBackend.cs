using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Dapper;
using Npgsql;

namespace Herd.Silo.Storage;

/// <summary>A database of PostgreSQL's, for any number of machines.</summary>
internal sealed class PostgresBackend : Backend
{
    // Any number that nobody else who uses the database takes.
    private const long MigrationLock = 0x48657264;

    private const string IdleInTransaction = "25P03";

    private readonly NpgsqlConnectionStringBuilder _settings;

    internal PostgresBackend(string connectionString)
    {
        _settings = Parse(connectionString);
        Source = NpgsqlDataSource.Create(_settings);
    }

    internal override string Name => StorageOptions.Postgresql;

    internal override string OrleansInvariant => "Npgsql";

    internal override DbDataSource Source { get; }

    internal override string Place => $"PostgreSQL at {_settings.Host}:{_settings.Port}, database '{_settings.Database}'";

    internal override string CountVersionTables =>
        "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('schema_version') AND relkind IN ('r', 'p')";

    /// <summary>The settings of a connection, with Herd's own where the operator names none.</summary>
    internal static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        Default("Timeout", 2);
        Default("Command Timeout", 3);
        Default("Cancellation Timeout", 500);
        Default("Maximum Pool Size", 20);
        Default("Application Name", "herd");

        // A process that sleeps in the middle of a transaction must not hold up the one that took over its work.
        Default("Options", "-c idle_in_transaction_session_timeout=5000");
        return settings;

        void Default(string key, object value)
        {
            if (!settings.ShouldSerialize(key))
            {
                settings[key] = value;
            }
        }
    }

    /// <summary>Whoever waited for the lock must see what its last holder did, so each statement reads anew.</summary>
    internal override async Task<DbTransaction> BeginMigrationAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@key)", new { key = MigrationLock }, transaction, MigrationSeconds).ConfigureAwait(false);
        return transaction;
    }

    internal override Task KeepWritersOutAsync(string table, DbConnection connection, DbTransaction transaction) =>
        connection.ExecuteAsync($"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE", transaction: transaction);

    /// <summary>Two that add the same row at once may also meet as a violation; the second then finds the first's row.</summary>
    internal override bool IsConflict(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation,
    };

    /// <summary>A server that was restarted has closed the connections in the pool.</summary>
    internal override bool IsLostConnection(Exception exception) => exception is
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or IdleInTransaction }
        or NpgsqlException { InnerException: IOException or SocketException { SocketErrorCode: SocketError.ConnectionReset } };
}
