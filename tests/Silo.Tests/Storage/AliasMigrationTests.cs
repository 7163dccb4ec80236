using Dapper;
using Herd.Silo.Adapters;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Storage;

/// <summary>Aliases of a database from before they had a history.</summary>
public abstract class AliasMigrationTests(TestStorage storage) : IAsyncLifetime
{
    private const int Before = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => storage.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_alias_keeps_what_it_points_to_and_all_it_can_be_rolled_back_to()
    {
        await MakeOldAsync();

        await new Migrator(storage.Backend).MigrateAsync(Cancellation);

        var database = new Database(storage.Backend, NullLogger<Database>.Instance);
        var aliases = new AliasRepository(database);
        var stored = (await new AdapterRepository(database).FindAsync("acme", "story", Cancellation))!;
        var top = stored.Aliases["live"];
        Assert.Equal(("v3", 3, "v2"), (top.Version, top.Position, top.From));
        var second = await aliases.GetAsync(new AliasKey("acme", "story", "live"), top.Below!.Value, Cancellation);
        var first = await aliases.GetAsync(new AliasKey("acme", "story", "live"), second.Below!.Value, Cancellation);
        Assert.Equal(("v2", "v1", null), (second.Version, first.Version, first.Below));
        Assert.Equal(("v1", null), (stored.Aliases["other"].Version, stored.Aliases["other"].Below));
    }

    private async Task MakeOldAsync()
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync("CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL)");
        foreach (var script in Migrator.ScriptsOf(storage.Backend.Name).Where(script => script.Version <= Before))
        {
            await connection.ExecuteAsync(await script.ReadAsync());
            await connection.ExecuteAsync("INSERT INTO schema_version (version, script) VALUES (@Version, @Name)", new { script.Version, script.Name });
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) VALUES ('acme', 1, 1, 0);
            INSERT INTO adapters (tenant, name, created_at) VALUES ('acme', 'story', 0);
            """);
        foreach (var version in new[] { "v1", "v2", "v3" })
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO adapter_versions (tenant, adapter, digest, base_digest, template, parameters, takes_pictures, manifest, created_at)
                VALUES ('acme', 'story', @version, '', '', 0, @no, '', 0)
                """,
                new { version, no = false });
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO aliases (tenant, adapter, name, position, version, moved_at) VALUES
              ('acme', 'story', 'live', 1, 'v1', 1), ('acme', 'story', 'live', 2, 'v2', 2), ('acme', 'story', 'live', 3, 'v3', 3),
              ('acme', 'story', 'other', 1, 'v1', 4)
            """);
    }

    public sealed class OnSqlite() : AliasMigrationTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : AliasMigrationTests(new PostgresStorage(server));
}
