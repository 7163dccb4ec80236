using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Adapters;

public abstract class AliasHistoryTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_move_is_an_entry_that_says_what_was_done()
    {
        await Silo.CreateTenantAsync("history");
        CallerContext.SetTenant("history");
        var a = await PublishAsync("history", "BIAS.pth");
        var b = await PublishAsync("history", "CAPTION.pth");
        var adapter = Silo.Adapter("history", "story");

        await adapter.MoveAlias("live", a, Cancellation).ToListAsync(Cancellation);
        await adapter.SetCanary("live", b, 5, Cancellation).ToListAsync(Cancellation);
        await adapter.SetCanary("live", b, 50, Cancellation).ToListAsync(Cancellation);
        await adapter.PromoteCanary("live", Cancellation).ToListAsync(Cancellation);
        await adapter.RollBack("live", Cancellation).ToListAsync(Cancellation);
        await adapter.SetCanary("live", b, 1, Cancellation).ToListAsync(Cancellation);
        await adapter.AbortCanary("live", Cancellation).ToListAsync(Cancellation);

        var page = await adapter.ListMoves("live", null, 100, Cancellation);
        Assert.False(page.HasMore);
        Assert.Equal(
            [
                (9, AliasMoveKind.CanaryAborted, b, a, null),
                (8, AliasMoveKind.CanarySet, a, b, 1),
                (7, AliasMoveKind.RolledBack, b, a, null),
                (6, AliasMoveKind.CanaryPromoted, a, b, null),
                (5, AliasMoveKind.CanarySet, a, b, 50),
                (4, AliasMoveKind.CanarySet, a, b, 5),
                (3, AliasMoveKind.Moved, b, a, null),
                (2, AliasMoveKind.Published, a, b, null),
                (1, AliasMoveKind.Published, null, a, (int?)null),
            ],
            page.Moves.Select(move => (move.Position, move.Kind, move.From, move.To, move.Share)));
        Assert.Equal(page.Moves.OrderByDescending(move => move.At).Select(move => move.At), page.Moves.Select(move => move.At));
    }

    [Fact]
    public async Task Pages_are_the_whole_history_and_doing_nothing_is_no_entry()
    {
        await Silo.CreateTenantAsync("pages");
        CallerContext.SetTenant("pages");
        var versions = new[] { await PublishAsync("pages", "BIAS.pth"), await PublishAsync("pages", "CAPTION.pth") };
        var adapter = Silo.Adapter("pages", "story");
        for (var i = 0; i < 5; i++)
        {
            await adapter.MoveAlias("live", versions[i % 2], Cancellation).ToListAsync(Cancellation);
            await adapter.MoveAlias("live", versions[i % 2], Cancellation).ToListAsync(Cancellation);
        }

        var first = await adapter.ListMoves("live", null, 4, Cancellation);
        var second = await adapter.ListMoves("live", first.Moves[^1].Position, 4, Cancellation);

        Assert.Equal((true, false), (first.HasMore, second.HasMore));
        Assert.Equal([7, 6, 5, 4, 3, 2, 1], first.Moves.Concat(second.Moves).Select(move => move.Position));
        Assert.Equal(HerdErrorCode.NotFound, (await Assert.ThrowsAsync<HerdException>(() => adapter.ListMoves("none", null, 4, Cancellation))).Code);
    }

    [Fact]
    public async Task Rolling_back_goes_one_further_each_time_and_a_move_is_returned_from_whatever_was_before_it()
    {
        await Silo.CreateTenantAsync("further");
        CallerContext.SetTenant("further");
        var a = await PublishAsync("further", "BIAS.pth");
        var b = await PublishAsync("further", "CAPTION.pth");
        var c = await PublishAsync("further", "CHAT-BIAS-SCALE-NORM.pth");
        var adapter = Silo.Adapter("further", "story");

        Assert.Equal(b, await BackAsync(adapter));
        Assert.Equal(a, await BackAsync(adapter));
        await adapter.MoveAlias("live", c, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(a, await BackAsync(adapter));
        var refused = await Assert.ThrowsAsync<HerdException>(() => BackAsync(adapter));
        Assert.Equal(HerdErrorCode.Conflict, refused.Code);
    }

    private static async Task<string> BackAsync(IAdapterGrain adapter) =>
        (await adapter.RollBack("live", Cancellation).ToListAsync(Cancellation))[^1].VersionDigest!;

    private async Task<string> PublishAsync(string tenant, string file) => (await Silo.PublishAsync(tenant, "story", file, "live"))[^1].VersionDigest!;

    public sealed class OnSqlite(SharedSilo shared) : AliasHistoryTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : AliasHistoryTests(server.Silo);
}
