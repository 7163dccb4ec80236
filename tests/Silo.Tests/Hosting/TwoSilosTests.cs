using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Hosting;

public abstract class TwoSilosTests(TestStorage storage) : IAsyncLifetime
{
    private TestSilo? _first;
    private TestSilo? _second;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo First => _first!;

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        _first = await StartAsync("one", "cpu:0");
        _second = await StartAsync("two", "cpu:1");
        await Eventually.TrueAsync(() => First.Table.Replicas.Count(replica => replica.State == ReplicaState.Ready) == 2, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await _second!.DisposeAsync();
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
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

    [Fact]
    public async Task An_answer_whose_replica_leaves_in_the_middle_goes_on_elsewhere_as_if_nothing_had_been()
    {
        var request = new GenerateRequest
        {
            RequestId = "r1",
            Tenant = "any",
            Prompt = new TextPrompt("Hello"),
            Sampling = new SamplingParameters { MaxTokens = 1000, Temperature = 1, TopP = 1, Seed = 7 },
        };
        var router = First.Services.GetRequiredService<ReplicaRouter>();
        var whole = await router.Generate(request, Cancellation).ToListAsync(Cancellation);

        var broken = new List<GenerationUpdate>();
        using var table = new RoutingTable(First.Grains, "believed", TimeProvider.System, NullLogger<RoutingTable>.Instance);
        var second = await RouteToSecondAsync(table);
        await foreach (var update in second.Generate(request, Cancellation))
        {
            broken.Add(update);
            if (broken.Count == 3)
            {
                Assert.InRange(Ids(broken).Length, 1, 900);
                await _second!.StopAsync();
            }
        }

        await table.StopAsync(Cancellation);
        Assert.Single(broken.OfType<GenerationStarted>());
        Assert.Equal(Ids(whole), Ids(broken));
        Assert.Equal(Text(whole), Text(broken));
        Assert.Equal(Enumerable.Range(0, Ids(broken).Length), broken.OfType<TokensGenerated>().SelectMany(tokens => Enumerable.Range(tokens.FirstIndex, tokens.Ids.Length)));
        Assert.IsType<GenerationFinished>(broken[^1]);
    }

    private static int[] Ids(IEnumerable<GenerationUpdate> updates) => [.. updates.OfType<TokensGenerated>().SelectMany(tokens => tokens.Ids)];

    private static string Text(IEnumerable<GenerationUpdate> updates) => string.Concat(updates.OfType<TokensGenerated>().Select(tokens => tokens.Text));

    /// <summary>A router that believes the first silo's replica to be busy.</summary>
    private async Task<ReplicaRouter> RouteToSecondAsync(RoutingTable table)
    {
        await table.StartAsync(Cancellation);
        var directory = First.Grains.GetGrain<IReplicaDirectoryGrain>(GrainKeys.ReplicaDirectory("believed"));
        foreach (var replica in First.Table.Replicas)
        {
            var isFirst = replica.ModelKey == GrainKeys.Model("one", "cpu:0");
            await directory.Report(replica with { RunningSequences = isFirst ? 50 : 0 }, Cancellation);
        }

        await Eventually.TrueAsync(() => table.Replicas.Length == 2, Cancellation);
        return new ReplicaRouter(table, First.Grains);
    }

    private Task<TestSilo> StartAsync(string name, string device) => TestSilo.StartAsync(
        storage, Cancellation, ("Cluster:SiloName", name), ("Replica:Device", device), ("Storage:Shared", "true"), ("Replica:DrainTimeout", "00:00:00"));

    public sealed class OnSqlite() : TwoSilosTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : TwoSilosTests(new PostgresStorage(server));
}
