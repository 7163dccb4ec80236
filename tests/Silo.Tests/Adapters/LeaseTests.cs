using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Adapters;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing;

namespace Herd.Silo.Tests.Adapters;

/// <summary>On a silo of its own with two devices, which renews its leases often.</summary>
public abstract class LeaseTests(TestStorage storage) : IAsyncLifetime
{
    private TestSilo? _silo;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        _silo = await StartAsync();
        await Silo.CreateTenantAsync("acme");
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Every_device_holds_what_was_published_and_renews_it()
    {
        var version = (await Silo.PublishAsync("acme", "story", "BIAS.pth"))[^1].VersionDigest!;

        var leases = await WaitForAsync(now => now.Length == 2);
        Assert.All(leases, lease => Assert.Equal((version, "test", true, false), (lease.Version, lease.Silo, lease.HolderAlive, lease.Orphaned)));
        Assert.Equal(["cpu:0", "cpu:1"], leases.Select(lease => lease.Device));
        var renewed = await WaitForAsync(now => now.Length == 2 && now.All(lease => lease.ExpiresAt > leases[0].ExpiresAt));
        Assert.Equal(leases.Select(lease => lease.Since), renewed.Select(lease => lease.Since));

        await Silo.Grains.GetGrain<IModelGrain>(GrainKeys.Model("test", "cpu:0")).Drop("acme", version, Cancellation);
        Assert.Equal("cpu:1", Assert.Single(await WaitForAsync(now => now.Length == 1)).Device);
    }

    [Fact]
    public async Task What_a_dead_process_left_is_taken_away_and_does_not_keep_bytes()
    {
        CallerContext.SetTenant("acme");
        var version = (await Silo.PublishAsync("acme", "story", "BIAS.pth"))[^1].VersionDigest!;
        var stored = await Silo.Adapter("acme", "story").Resolve(null, null, Cancellation);
        await LeaveBehindAsync(version);
        var left = await WaitForAsync(now => now.Any(lease => lease.Silo == "dead"));
        Assert.False(left.Single(lease => lease.Silo == "dead").HolderAlive);

        await Silo.Adapter("acme", "story").Delete(Cancellation);
        await ForgetAsync();

        await WaitForAsync(now => now.Length == 0);
        await Eventually.TrueAsync(
            async () => await Silo.Blobs.GetPathAsync(stored.Components.Values.First(), Cancellation) is null, Cancellation);
    }

    [Fact]
    public async Task A_holder_that_may_still_live_keeps_the_bytes_of_a_deleted_adapter()
    {
        CallerContext.SetTenant("acme");
        var version = (await Silo.PublishAsync("acme", "story", "BIAS.pth"))[^1].VersionDigest!;
        var stored = await Silo.Adapter("acme", "story").Resolve(null, null, Cancellation);
        await LeaveBehindAsync(version);
        await Silo.Adapter("acme", "story").Delete(Cancellation);
        await Silo.PublishAsync("acme", "later", "CAPTION.pth");
        await Silo.Adapter("acme", "later").Delete(Cancellation);

        // The other one's bytes are freed, and so would these be.
        CallerContext.SetAdmin();
        await WaitForFreedAsync("later");

        var tombstones = await Silo.Leases.ListTombstones(null, 10, Cancellation);
        Assert.Equal(["later", "story"], tombstones.Select(tombstone => tombstone.Adapter));
        Assert.Null(tombstones[1].FreedAt);
        Assert.NotNull(await Silo.Blobs.GetPathAsync(stored.Components.Values.First(), Cancellation));
        await ForgetAsync();
        await WaitForFreedAsync("story");
    }

    [Fact]
    public async Task A_process_that_stops_gives_its_leases_back()
    {
        await Silo.PublishAsync("acme", "story", "BIAS.pth");
        await WaitForAsync(now => now.Length == 2);

        await Silo.StopAsync();

        await using var connection = await storage.OpenAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM adapter_leases"));
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM lease_holders"));
    }

    [Fact]
    public async Task Tombstones_of_one_millisecond_are_each_listed_once_page_by_page()
    {
        await using (var connection = await storage.OpenAsync())
        {
            await connection.ExecuteAsync(
                "INSERT INTO tombstones (id, tenant, adapter, created_at, deleted_at, freed_at) VALUES (@Id, 'acme', @Id, 0, @At, @At)",
                new[] { "d4", "a5", "c5", "b5" }.Select(id => new { Id = id, At = (long)(id[1] - '0') }));
        }

        CallerContext.SetAdmin();
        var listed = new List<TombstoneDescription>();
        var page = await Silo.Leases.ListTombstones(null, 1, Cancellation);
        while (!page.IsEmpty)
        {
            listed.AddRange(page);
            page = await Silo.Leases.ListTombstones(new TombstoneCursor(page[^1].DeletedAt, page[^1].Id), 1, Cancellation);
        }

        Assert.Equal(["c5", "b5", "a5", "d4"], listed.Select(tombstone => tombstone.Adapter));
        Assert.Equal("d4", Assert.Single(await Silo.Leases.ListTombstones(new TombstoneCursor(listed[0].DeletedAt, ""), 10, Cancellation)).Adapter);
    }

    private Task WaitForFreedAsync(string adapter) => Eventually.TrueAsync(
        async () => (await Silo.Leases.ListTombstones(null, 10, Cancellation)).Any(tombstone => tombstone.Adapter == adapter && tombstone.FreedAt is not null),
        Cancellation);

    /// <summary>Writes what a process that is no member any more has written.</summary>
    private async Task LeaveBehindAsync(string version)
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO lease_holders (holder, silo, address, device, renewed_at, expires_at)
            VALUES ('127.0.0.1:9@1/cpu:7', 'dead', '127.0.0.1:9@1', 'cpu:7', @Later, @Later);
            INSERT INTO adapter_leases (holder, version, since) VALUES ('127.0.0.1:9@1/cpu:7', @version, 0);
            """,
            new { version, Later = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds() });
    }

    private async Task ForgetAsync()
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync("UPDATE lease_holders SET expires_at = 0 WHERE silo = 'dead'");
    }

    private async Task<ImmutableArray<LeaseDescription>> WaitForAsync(Func<ImmutableArray<LeaseDescription>, bool> holds)
    {
        CallerContext.SetAdmin();
        ImmutableArray<LeaseDescription> leases = [];
        await Eventually.TrueAsync(async () => holds(leases = await Silo.Leases.ListLeases(Cancellation)), Cancellation);
        return leases;
    }

    private Task<TestSilo> StartAsync() => TestSilo.StartAsync(storage, Cancellation, ("Adapters:LeaseRenewal", "00:00:00.5"), ("Replica:Device", "cpu:0,cpu:1"));

    public sealed class OnSqlite() : LeaseTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : LeaseTests(new PostgresStorage(server));
}
