using Herd.Contracts.Adapters;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Conversations;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Adapters;

public abstract class CanaryTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private const string Latest = IAdapterGrain.DefaultAlias;

    private static readonly string[] Affinities = [.. Enumerable.Range(0, 200).Select(i => $"user-{i}")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_canary_gets_its_share_and_growing_it_moves_nobody_back()
    {
        CallerContext.SetTenant("canary-share");
        var (adapter, stable, canary) = await StartAsync("canary-share");

        await adapter.SetCanary(Latest, canary, 30, Cancellation).ToListAsync(Cancellation);
        var small = await SidesAsync(adapter);
        var again = await SidesAsync(adapter);
        await adapter.SetCanary(Latest, canary, 60, Cancellation).ToListAsync(Cancellation);
        var large = await SidesAsync(adapter);

        Assert.Equal(small, again);
        Assert.Equal([stable, canary], small.Distinct().Order(StringComparer.Ordinal).OrderBy(digest => digest != stable));
        Assert.InRange(small.Count(digest => digest == canary), 30, 95);
        Assert.True(large.Count(digest => digest == canary) > small.Count(digest => digest == canary));
        Assert.All(small.Zip(large), sides => Assert.False(sides is { First: var before, Second: var after } && before == canary && after == stable));
        Assert.Equal(stable, (await adapter.Resolve(null, null, Cancellation)).Digest);
        var described = await adapter.Describe(Cancellation);
        Assert.Equal(stable, described.Aliases[Latest]);
        Assert.Equal((canary, 60), (described.Canaries[Latest].Version, described.Canaries[Latest].Share));
    }

    [Fact]
    public async Task A_promoted_canary_is_the_alias_and_rolling_back_returns_to_the_version_before()
    {
        CallerContext.SetTenant("canary-promote");
        var (adapter, stable, canary) = await StartAsync("canary-promote");
        await adapter.SetCanary(Latest, canary, 10, Cancellation).ToListAsync(Cancellation);

        var promoted = await adapter.PromoteCanary(Latest, Cancellation).ToListAsync(Cancellation);

        Assert.Equal((PublishStage.Live, canary), (promoted[^1].Stage, promoted[^1].VersionDigest));
        Assert.All(await SidesAsync(adapter), digest => Assert.Equal(canary, digest));
        Assert.Empty((await adapter.Describe(Cancellation)).Canaries);
        await adapter.RollBack(Latest, Cancellation).ToListAsync(Cancellation);
        Assert.All(await SidesAsync(adapter), digest => Assert.Equal(stable, digest));
    }

    [Fact]
    public async Task An_aborted_canary_gets_nothing_more()
    {
        CallerContext.SetTenant("canary-abort");
        var (adapter, stable, canary) = await StartAsync("canary-abort");
        await adapter.SetCanary(Latest, canary, 99, Cancellation).ToListAsync(Cancellation);

        await adapter.AbortCanary(Latest, Cancellation).ToListAsync(Cancellation);

        Assert.All(await SidesAsync(adapter), digest => Assert.Equal(stable, digest));
        Assert.Equal(HerdErrorCode.Conflict, (await RefusalAsync(() => adapter.AbortCanary(Latest, Cancellation))).Code);
        Assert.Equal(HerdErrorCode.Conflict, (await RefusalAsync(() => adapter.PromoteCanary(Latest, Cancellation))).Code);
    }

    [Fact]
    public async Task Moving_or_rolling_back_the_alias_ends_its_canary()
    {
        CallerContext.SetTenant("canary-ends");
        var (adapter, stable, canary) = await StartAsync("canary-ends");
        await adapter.SetCanary(Latest, canary, 50, Cancellation).ToListAsync(Cancellation);

        await adapter.MoveAlias(Latest, stable, Cancellation).ToListAsync(Cancellation);
        Assert.All(await SidesAsync(adapter), digest => Assert.Equal(stable, digest));

        await adapter.MoveAlias(Latest, canary, Cancellation).ToListAsync(Cancellation);
        await adapter.SetCanary(Latest, stable, 50, Cancellation).ToListAsync(Cancellation);
        await adapter.RollBack(Latest, Cancellation).ToListAsync(Cancellation);
        Assert.All(await SidesAsync(adapter), digest => Assert.Equal(stable, digest));
        Assert.Empty((await adapter.Describe(Cancellation)).Canaries);
    }

    [Fact]
    public async Task A_canary_that_cannot_be_is_refused_and_changes_nothing()
    {
        CallerContext.SetTenant("canary-refused");
        var (adapter, stable, canary) = await StartAsync("canary-refused");

        Assert.Equal("share", (await RefusalAsync(() => adapter.SetCanary(Latest, canary, 0, Cancellation))).Field);
        Assert.Equal("share", (await RefusalAsync(() => adapter.SetCanary(Latest, canary, 100, Cancellation))).Field);
        Assert.Equal("version", (await RefusalAsync(() => adapter.SetCanary(Latest, stable, 50, Cancellation))).Field);
        Assert.Equal(HerdErrorCode.NotFound, (await RefusalAsync(() => adapter.SetCanary(Latest, new string('0', 64), 50, Cancellation))).Code);
        Assert.Equal(HerdErrorCode.NotFound, (await RefusalAsync(() => adapter.SetCanary("none", canary, 50, Cancellation))).Code);
        Assert.Single((await adapter.ListMoves(Latest, null, 100, Cancellation)).Moves);
    }

    [Fact]
    public async Task All_turns_of_a_conversation_are_of_one_side()
    {
        CallerContext.SetTenant("canary-turns");
        var (adapter, stable, canary) = await StartAsync("canary-turns");
        await adapter.SetCanary(Latest, canary, 50, Cancellation).ToListAsync(Cancellation);

        var sides = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var conversation = Silo.Conversation("canary-turns", $"c{i}");
            await conversation.Create(new CreateConversation { Model = "story" }, Cancellation);
            await conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 2), Cancellation).ToListAsync(Cancellation);
            await conversation.RunTurn(ConversationTests.Turn("t2", "Hello", 2), Cancellation).ToListAsync(Cancellation);
            var side = Assert.Single((await conversation.ListTurns(0, 10, Cancellation)).Select(turn => turn.VersionDigest).Distinct());
            Assert.Equal((await adapter.Resolve(null, $"c{i}", Cancellation)).Digest, side);
            sides.Add(side!);
        }

        Assert.Equal(2, sides.Distinct().Count());
        Assert.All(sides, side => Assert.Contains(side, new[] { stable, canary }));
    }

    private async Task<(IAdapterGrain Adapter, string Stable, string Canary)> StartAsync(string tenant)
    {
        await Silo.CreateTenantAsync(tenant);
        var stable = (await Silo.PublishAsync(tenant, "story", "BIAS.pth"))[^1].VersionDigest!;
        var canary = (await Silo.PublishAsync(tenant, "story", "CAPTION.pth", alias: null))[^1].VersionDigest!;
        return (Silo.Adapter(tenant, "story"), stable, canary);
    }

    private static async Task<string[]> SidesAsync(IAdapterGrain adapter)
    {
        var resolved = await Task.WhenAll(Affinities.Select(affinity => adapter.Resolve(null, affinity, Cancellation)));
        return [.. resolved.Select(version => version.Digest)];
    }

    private static Task<HerdException> RefusalAsync(Func<IAsyncEnumerable<PublishUpdate>> change) =>
        Assert.ThrowsAsync<HerdException>(() => change().ToListAsync(Cancellation).AsTask());

    public sealed class OnSqlite(SharedSilo shared) : CanaryTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : CanaryTests(server.Silo);
}
