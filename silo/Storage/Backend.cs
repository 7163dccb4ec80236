using System.Data.Common;

namespace Herd.Silo.Storage;

/// <summary>One of the databases that Herd can keep its rows in, and all that differs between them; every query is the same for each.</summary>
internal abstract class Backend : IAsyncDisposable
{
    /// <summary>The longest a statement of a migration, or the wait for another migration, may take.</summary>
    internal const int MigrationSeconds = 600;

    /// <summary>Its name in the configuration, and of the folder of its scripts.</summary>
    internal abstract string Name { get; }

    /// <summary>The name by which Orleans knows its dialect.</summary>
    internal abstract string OrleansInvariant { get; }

    /// <summary>Opens connections, built once.</summary>
    internal abstract DbDataSource Source { get; }

    /// <summary>The same for Orleans' own tables.</summary>
    internal virtual DbDataSource OrleansSource => Source;

    /// <summary>Where it is, in words for the operator and without secrets.</summary>
    internal abstract string Place { get; }

    /// <summary>The query that counts the tables named <c>schema_version</c>.</summary>
    internal abstract string CountVersionTables { get; }

    /// <summary>The database that the operator chose.</summary>
    internal static Backend Create(DataFolder folder, StorageOptions options) => options.Database == StorageOptions.Sqlite
        ? new SqliteBackend(folder.Database)
        : new PostgresBackend(options.ConnectionString!);

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <summary>Begins the transaction that changes the schema: one at a time over all processes, seeing all that earlier ones committed.</summary>
    internal abstract Task<DbTransaction> BeginMigrationAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Lets nobody else write to a table until the transaction ends; comes before anything else in it.</summary>
    internal abstract Task KeepWritersOutAsync(string table, DbConnection connection, DbTransaction transaction);

    /// <summary>Whether the transaction was undone because of another one, and may be tried again.</summary>
    internal abstract bool IsConflict(Exception exception);

    /// <summary>Whether the connection broke; what was not yet being committed may be tried again over another one.</summary>
    internal abstract bool IsLostConnection(Exception exception);
}
