using Dapper;
using Herd.Silo.Storage;
using Herd.Testing;

namespace Herd.Silo.Tests.Storage;

public sealed class MigratorTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Many_processes_starting_at_once_apply_every_script_once()
    {
        var file = _folder.In("herd.db");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new Migrator(new SqliteDataSource(file)).MigrateAsync(Cancellation)));

        Assert.Equal(Migrator.Scripts.Select(script => script.Version), await VersionsAsync(file));
    }

    [Fact]
    public async Task Every_script_may_run_again()
    {
        var file = _folder.In("herd.db");
        await new Migrator(new SqliteDataSource(file)).MigrateAsync(Cancellation);
        await using (var connection = await new SqliteDataSource(file).OpenConnectionAsync(Cancellation))
        {
            await connection.ExecuteAsync("DELETE FROM schema_version");
        }

        await new Migrator(new SqliteDataSource(file)).MigrateAsync(Cancellation);

        Assert.Equal(Migrator.Scripts.Select(script => script.Version), await VersionsAsync(file));
    }

    [Fact]
    public async Task A_newer_database_is_refused_and_left_as_it_is()
    {
        var source = new SqliteDataSource(_folder.In("herd.db"));
        await using (var connection = await source.OpenConnectionAsync(Cancellation))
        {
            await connection.ExecuteAsync("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, script TEXT); INSERT INTO schema_version VALUES (9999, 'x')");
        }

        var refused = await Assert.ThrowsAsync<SchemaTooNewException>(() => new Migrator(source).MigrateAsync(Cancellation));

        Assert.Contains("9999", refused.Message, StringComparison.Ordinal);
        await using var after = await source.OpenConnectionAsync(Cancellation);
        Assert.Equal(1, await after.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"));
    }

    [Fact]
    public void Scripts_are_numbered_without_gaps() =>
        Assert.Equal(Enumerable.Range(1, Migrator.Scripts.Count), Migrator.Scripts.Select(script => script.Version));

    private static async Task<IEnumerable<int>> VersionsAsync(string file)
    {
        await using var connection = await new SqliteDataSource(file).OpenConnectionAsync(Cancellation);
        return await connection.QueryAsync<int>("SELECT version FROM schema_version ORDER BY version");
    }
}
