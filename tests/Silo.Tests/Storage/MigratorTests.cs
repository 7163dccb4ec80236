using Dapper;
using Herd.Silo.Storage;

namespace Herd.Silo.Tests.Storage;

public abstract class MigratorTests(TestStorage storage) : IAsyncLifetime
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Migrator Migrator => new(storage.Backend);

    private IEnumerable<int> All => Migrator.Scripts.Select(script => script.Version);

    public ValueTask InitializeAsync() => storage.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Many_processes_starting_at_once_apply_every_script_once()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => MigrateAsProcessAsync()));

        Assert.Equal(All, await VersionsAsync());
        Assert.Equal(Migrator.Scripts.Length, Assert.Single(states, state => state.Found == 0).Known);
        Assert.Equal(9, states.Count(state => state.Found == state.Known));
    }

    [Fact]
    public async Task A_newer_database_is_refused_and_left_as_it_is()
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, script TEXT); INSERT INTO schema_version VALUES (9999, 'x')");

        var refused = await Assert.ThrowsAsync<SchemaTooNewException>(() => Migrator.MigrateAsync(Cancellation));

        Assert.Contains("9999", refused.Message, StringComparison.Ordinal);
        Assert.Equal([9999], await VersionsAsync());
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM tenants"));
    }

    [Fact]
    public async Task Looking_changes_nothing_and_tells_both_versions()
    {
        var before = await Migrator.InspectAsync(Cancellation);
        await Migrator.MigrateAsync(Cancellation);
        var after = await Migrator.InspectAsync(Cancellation);

        Assert.Equal(new SchemaState(0, All.Last()), before);
        Assert.Equal(new SchemaState(All.Last(), All.Last()), after);
    }

    private async Task<SchemaState> MigrateAsProcessAsync()
    {
        await using var backend = await storage.ConnectAsync();
        return await new Migrator(backend).MigrateAsync(Cancellation);
    }

    private async Task<IEnumerable<int>> VersionsAsync()
    {
        await using var connection = await storage.OpenAsync();
        return await connection.QueryAsync<int>("SELECT version FROM schema_version ORDER BY version");
    }

    public sealed class OnSqlite() : MigratorTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : MigratorTests(new PostgresStorage(server));
}
