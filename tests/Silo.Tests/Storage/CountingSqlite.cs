using System.Collections.Concurrent;
using System.Data.Common;
using Herd.Silo.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Herd.Silo.Tests.Storage;

/// <summary>SQLite that notes every statement with the steps its machine took: work in numbers that do not depend on time.</summary>
internal sealed class CountingSqlite(string folder) : Backend
{
    private readonly SqliteBackend _inner = new(Path.Combine(folder, "herd.db"));
    private readonly ConcurrentQueue<Statement> _statements = new();
    private CountingSource? _source;

    /// <summary>A statement that was run.</summary>
    internal sealed record Statement(string Sql, int Steps);

    internal override string Name => _inner.Name;

    internal override string OrleansInvariant => _inner.OrleansInvariant;

    internal override DbDataSource Source => _source ??= new CountingSource(_inner.Source, _statements);

    internal override string Place => _inner.Place;

    internal override string CountVersionTables => _inner.CountVersionTables;

    /// <summary>What was run since it was asked last.</summary>
    internal IReadOnlyList<Statement> Take()
    {
        var taken = new List<Statement>();
        while (_statements.TryDequeue(out var statement))
        {
            taken.Add(statement);
        }

        return taken;
    }

    internal override Task<DbTransaction> BeginMigrationAsync(DbConnection connection, CancellationToken cancellationToken) =>
        _inner.BeginMigrationAsync(connection, cancellationToken);

    internal override Task KeepWritersOutAsync(string table, DbConnection connection, DbTransaction transaction) =>
        _inner.KeepWritersOutAsync(table, connection, transaction);

    internal override bool IsConflict(Exception exception) => _inner.IsConflict(exception);

    internal override bool IsLostConnection(Exception exception) => _inner.IsLostConnection(exception);

    private sealed class CountingSource(DbDataSource inner, ConcurrentQueue<Statement> statements) : DbDataSource
    {
        public override string ConnectionString => inner.ConnectionString;

        protected override DbConnection CreateDbConnection() => inner.CreateConnection();

        protected override DbConnection OpenDbConnection() => Watch((SqliteConnection)inner.OpenConnection());

        protected override async ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
            Watch((SqliteConnection)await inner.OpenConnectionAsync(cancellationToken));

        private SqliteConnection Watch(SqliteConnection connection)
        {
            var database = connection.Handle!;
            database.enable_sqlite3_next_stmt(true);
            raw.sqlite3_profile(database, (_, sql, _) => statements.Enqueue(new Statement(sql, StepsOf(database))), null);
            return connection;
        }

        /// <summary>One statement runs on a connection at a time; the others' counts are back at zero.</summary>
        private static int StepsOf(sqlite3 database)
        {
            var steps = 0;
            for (var statement = raw.sqlite3_next_stmt(database, null); statement is not null; statement = raw.sqlite3_next_stmt(database, statement))
            {
                steps += raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_VM_STEP, resetFlg: 1);
            }

            return steps;
        }
    }
}
