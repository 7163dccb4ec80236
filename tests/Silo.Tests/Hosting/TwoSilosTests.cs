using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Hosting;

public sealed class TwoSilosTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestSilo? _first;
    private TestSilo? _second;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo First => _first!;

    public async ValueTask InitializeAsync()
    {
        _first = await StartAsync("one", "cpu:0");
        _second = await StartAsync("two", "cpu:1");
        await Eventually.TrueAsync(() => First.Table.Replicas.Count(replica => replica.State == ReplicaState.Ready) == 2, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await _second!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_publication_warms_every_replica_and_each_grain_runs_on_the_silo_it_is_named_for()
    {
        await First.CreateTenantAsync("acme");
        CallerContext.SetTenant("acme");

        var updates = await First.PublishAsync("acme", "story", "BIAS.pth");

        Assert.Equal((PublishStage.Live, 2, 2), (updates[^1].Stage, updates[^1].ReadyReplicas, updates[^1].TotalReplicas));
        foreach (var key in new[] { GrainKeys.Model("one", "cpu:0"), GrainKeys.Model("two", "cpu:1") })
        {
            var status = await First.Grains.GetGrain<IModelGrain>(key).GetStatus(Cancellation);
            Assert.Equal(key, status.ModelKey);
            Assert.Equal(updates[^1].VersionDigest, Assert.Single(status.ResidentVersions));
        }
    }

    [Fact]
    public async Task A_replica_whose_silo_has_left_is_forgotten_and_the_other_serves()
    {
        await _second!.StopAsync();

        await Eventually.TrueAsync(() => First.Table.Replicas.Length == 1, Cancellation);
        var gone = await Assert.ThrowsAsync<HerdException>(
            () => First.Grains.GetGrain<IModelGrain>(GrainKeys.Model("two", "cpu:1")).GetStatus(Cancellation));
        Assert.True(gone.IsRetryableElsewhere);
        var request = new GenerateRequest
        {
            RequestId = "r1",
            Tenant = "any",
            Prompt = new TextPrompt("Hello"),
            Sampling = new SamplingParameters { MaxTokens = 4 },
        };
        var updates = await First.Services.GetRequiredService<ReplicaRouter>().Generate(request, Cancellation).ToListAsync(Cancellation);
        Assert.IsType<GenerationFinished>(updates[^1]);
    }

    private Task<TestSilo> StartAsync(string name, string device) => TestSilo.StartAsync(
        _folder.Path, Cancellation, ("Cluster:SiloName", name), ("Replica:Device", device), ("Storage:Shared", "true"));
}
