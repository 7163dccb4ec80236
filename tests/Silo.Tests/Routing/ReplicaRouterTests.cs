using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Silo.Tests.Hosting;
using Herd.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Routing;

/// <summary>Routing over a directory of its own, into which the tests write what they please.</summary>
public sealed class ReplicaRouterTests(SharedSilo shared) : IAsyncLifetime
{
    private readonly string _baseName = Guid.NewGuid().ToString("N");
    private RoutingTable? _table;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RoutingTable Table => _table!;

    private ReplicaRouter Router => new(Table, shared.Silo.Grains);

    private IReplicaDirectoryGrain Directory => shared.Silo.Grains.GetGrain<IReplicaDirectoryGrain>(GrainKeys.ReplicaDirectory(_baseName));

    private ReplicaInfo Real => shared.Silo.Table.Replicas.Single();

    public async ValueTask InitializeAsync()
    {
        _table = new RoutingTable(shared.Silo.Grains, _baseName, TimeProvider.System, NullLogger<RoutingTable>.Instance);
        await Table.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Table.StopAsync(CancellationToken.None);
        Table.Dispose();
    }

    [Fact]
    public async Task Only_ready_replicas_of_the_versions_base_are_candidates()
    {
        await ReportAsync(
            Replica("a"),
            Replica("loading") with { State = ReplicaState.Loading },
            Replica("draining") with { State = ReplicaState.Draining },
            Replica("another") with { Base = Real.Base! with { Digest = new string('f', 64) } });

        Assert.Equal(["a"], Names(Router.Candidates(Version(Real.Base!.Digest))));
        Assert.Equal(["a", "another"], Names(Router.Candidates(null)).Order());
    }

    [Fact]
    public async Task Replicas_that_hold_the_version_come_first_whatever_their_load()
    {
        var version = Version(Real.Base!.Digest);
        await ReportAsync(
            Replica("idle"),
            Replica("holder") with { RunningSequences = 30, ResidentVersions = [version.Digest] },
            Replica("other"));

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("holder", Names(Router.Candidates(version))[0]);
            Assert.Equal(3, Router.Candidates(version).Count);
        }
    }

    [Fact]
    public async Task Of_two_replicas_the_less_loaded_comes_first()
    {
        await ReportAsync(Replica("idle"), Replica("loaded") with { RunningSequences = 3, WaitingSequences = 5 });

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(["idle", "loaded"], Names(Router.Candidates(null)));
        }
    }

    [Fact]
    public async Task A_replica_that_cannot_be_reached_is_passed_over()
    {
        await ReportAsync(Replica("nowhere") with { RunningSequences = 0 }, Real with { RunningSequences = 9 });

        var updates = await Router.Generate(Request(), Cancellation).ToListAsync(Cancellation);

        Assert.IsType<GenerationFinished>(updates[^1]);
    }

    [Fact]
    public async Task Without_replicas_the_request_is_refused_with_a_time_to_retry()
    {
        var refused = await Assert.ThrowsAsync<HerdException>(() => Router.Generate(Request(), Cancellation).ToListAsync(Cancellation).AsTask());

        Assert.Equal(HerdErrorCode.Unavailable, refused.Code);
        Assert.NotNull(refused.RetryAfter);
    }

    [Fact]
    public async Task A_removed_replica_leaves_the_table()
    {
        await ReportAsync(Replica("stays"), Replica("leaves"));

        await Directory.Remove(GrainKeys.Model("leaves", "cpu:0"), Cancellation);

        await Eventually.TrueAsync(() => Names(Table.Replicas).SequenceEqual(["stays"]), Cancellation);
    }

    private static string[] Names(IEnumerable<ReplicaInfo> replicas) => [.. replicas.Select(replica => replica.ModelKey[2..replica.ModelKey.IndexOf('/', StringComparison.Ordinal)])];

    private static GenerateRequest Request() => new()
    {
        RequestId = Guid.NewGuid().ToString("N"),
        Tenant = "any",
        Prompt = new TextPrompt("Hello"),
        Sampling = new SamplingParameters { MaxTokens = 4 },
    };

    private static AdapterVersion Version(string baseDigest) => new()
    {
        Tenant = "any",
        Adapter = "story",
        Digest = new string('a', 64),
        BaseDigest = baseDigest,
        Manifest = "{}",
        Components = ImmutableDictionary<string, BlobRef>.Empty,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private ReplicaInfo Replica(string silo) => new() { ModelKey = GrainKeys.Model(silo, "cpu:0"), State = ReplicaState.Ready, Base = Real.Base };

    private async Task ReportAsync(params ReplicaInfo[] replicas)
    {
        foreach (var replica in replicas)
        {
            await Directory.Report(replica, Cancellation);
        }

        await Eventually.TrueAsync(() => Table.Replicas.Length == replicas.Length, Cancellation);
    }
}
