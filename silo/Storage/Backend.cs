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

    /// <summary>The query that counts the tables named <c>schema_version</c>.</summary>
    internal abstract string CountVersionTables { get; }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <summary>Begins the transaction that changes the schema: one at a time over all processes, seeing all that earlier ones committed.</summary>
    internal abstract Task<DbTransaction> BeginMigrationAsync(DbConnection connection, CancellationToken cancellationToken);
}
