using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Herd.Silo.Storage;

/// <summary>Opens connections to the SQLite file with the settings that belong to a connection, never on the caller's thread.</summary>
/// <param name="file">The file.</param>
/// <param name="patienceSeconds">How long a statement waits for another writer.</param>
/// <remarks>The driver blocks while another process writes; on a grain's scheduler that would hold up the silo.</remarks>
internal sealed class SqliteDataSource(string file, int patienceSeconds) : DbDataSource
{
    private readonly string _settings = string.Create(
        CultureInfo.InvariantCulture, $"PRAGMA busy_timeout={patienceSeconds * 1000}; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;");

    public override string ConnectionString { get; } = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = patienceSeconds }.ToString();

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = _settings;
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
