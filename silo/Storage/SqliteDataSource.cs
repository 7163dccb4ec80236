using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Herd.Silo.Storage;

/// <summary>Opens connections to the SQLite file with the settings that belong to a connection, never on the caller's thread.</summary>
/// <remarks>The driver blocks while another process writes; on a grain's scheduler that would hold up the silo.</remarks>
internal sealed class SqliteDataSource(string file) : DbDataSource
{
    // A grain call gives up after five seconds, so waiting longer for another writer helps nobody; one more try must fit in.
    private const string Settings = "PRAGMA busy_timeout=1000; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;";

    public override string ConnectionString { get; } = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 1 }.ToString();

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = Settings;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    protected override async ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
        await Task.Run(OpenDbConnection, cancellationToken).ConfigureAwait(false);
}
