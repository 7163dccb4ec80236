using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Adapters;

/// <summary>On a silo of its own: other tests publish the same content.</summary>
public abstract class DeleteTests(TestStorage storage) : IAsyncLifetime
{
    private TestSilo? _silo;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        _silo = await TestSilo.StartAsync(storage, Cancellation, ("Adapters:LeaseRenewal", "00:00:00.5"));
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_deleted_adapter_is_gone_at_once_and_its_components_stay_only_for_others_in_the_end()
    {
        await Silo.CreateTenantAsync("delete-a");
        await Silo.CreateTenantAsync("delete-b");
        CallerContext.SetTenant("delete-b");
        await Silo.PublishAsync("delete-a", "mine", "CHAT-BIAS-SCALE-NORM.pth");
        var kept = await Silo.PublishAsync("delete-b", "theirs", "CHAT-BIAS-SCALE-NORM.pth");
        CallerContext.SetTenant("delete-a");
        var version = await Silo.Adapter("delete-a", "mine").Resolve(null, null, Cancellation);

        await Silo.Adapter("delete-a", "mine").Delete(Cancellation);

        var gone = await Assert.ThrowsAsync<HerdException>(() => Silo.Adapter("delete-a", "mine").Resolve(null, null, Cancellation));
        Assert.Equal(HerdErrorCode.NotFound, gone.Code);
        CallerContext.SetTenant("delete-b");
        Assert.Equal(kept[^1].VersionDigest, (await Silo.Adapter("delete-b", "theirs").Resolve(null, null, Cancellation)).Digest);
        foreach (var blob in version.Components.Values)
        {
            Assert.NotNull(await Silo.Blobs.GetPathAsync(blob, Cancellation));
        }

        await Silo.Adapter("delete-b", "theirs").Delete(Cancellation);

        await Eventually.TrueAsync(async () => (await StoredAsync(version)).Length == 0, Cancellation);
    }

    [Fact]
    public async Task A_running_answer_keeps_a_deleted_version_and_its_bytes_until_it_ends()
    {
        await Silo.CreateTenantAsync("acme");
        CallerContext.SetTenant("acme");
        await Silo.PublishAsync("acme", "story", "CHAT-BIAS-SCALE-NORM.pth");
        var version = await Silo.Adapter("acme", "story").Resolve(null, null, Cancellation);
        var request = new GenerateRequest
        {
            RequestId = "r1",
            Tenant = "acme",
            Version = version,
            Prompt = new TextPrompt("Hello"),
            Sampling = new SamplingParameters { MaxTokens = 1500, IgnoreEnd = true },
        };
        await using var updates = Silo.Services.GetRequiredService<ReplicaRouter>().Generate(request, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await updates.MoveNextAsync());

        await Silo.Adapter("acme", "story").Delete(Cancellation);
        var leases = await LeasesAsync();
        var kept = await StoredAsync(version);
        await Silo.PublishAsync("acme", "story", "BIAS.pth");
        var anew = await Silo.Adapter("acme", "story").Describe(Cancellation);
        while (updates.Current is not GenerationFinished)
        {
            Assert.True(await updates.MoveNextAsync());
        }

        Assert.Equal(version.Components.Values.Select(blob => blob.Digest).Order(), kept.Order());
        Assert.All(leases, lease => Assert.False(lease.Orphaned));
        Assert.Single(anew.Versions);
        Assert.Single((await Silo.Adapter("acme", "story").ListMoves("latest", null, 10, Cancellation)).Moves);
        await Eventually.TrueAsync(async () => (await StoredAsync(version)).Length == 0, Cancellation);
        CallerContext.SetAdmin();
        await Eventually.TrueAsync(async () => (await Silo.Leases.ListTombstones(null, 10, Cancellation)).Single().FreedAt is not null, Cancellation);
        Assert.DoesNotContain(version.Digest, (await LeasesAsync()).Select(lease => lease.Version));
        Assert.Contains(anew.Versions[0].Digest, (await LeasesAsync()).Select(lease => lease.Version));
    }

    private async Task<ImmutableArray<LeaseDescription>> LeasesAsync()
    {
        CallerContext.SetAdmin();
        return await Silo.Leases.ListLeases(Cancellation);
    }

    /// <summary>Digests of those of a version's components that are stored.</summary>
    private async Task<string[]> StoredAsync(AdapterVersion version)
    {
        var stored = new List<string>();
        foreach (var blob in version.Components.Values)
        {
            if (await Silo.Blobs.GetPathAsync(blob, Cancellation) is not null)
            {
                stored.Add(blob.Digest);
            }
        }

        return [.. stored];
    }

    public sealed class OnSqlite() : DeleteTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : DeleteTests(new PostgresStorage(server));
}
