using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing;

namespace Herd.Silo.Tests.Adapters;

public abstract class PublishTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_published_adapter_is_checked_stored_warmed_and_live_in_that_order()
    {
        await Silo.CreateTenantAsync("publish-order");
        CallerContext.SetTenant("publish-order");

        var updates = await Silo.PublishAsync("publish-order", "story", "BIAS.pth");

        Assert.Equal(PublishStage.Validating, updates[0].Stage);
        Assert.Equal(PublishStage.Stored, updates[1].Stage);
        Assert.Equal(PublishStage.Live, updates[^1].Stage);
        Assert.All(updates.Skip(2).SkipLast(1), update => Assert.Equal(PublishStage.Warming, update.Stage));
        Assert.Equal((1, 1), (updates[^1].ReadyReplicas, updates[^1].TotalReplicas));
        var version = await Silo.Adapter("publish-order", "story").Resolve(null, null, Cancellation);
        Assert.Equal(updates[^1].VersionDigest, version.Digest);
        await Eventually.TrueAsync(() => Silo.Table.Replicas.Single().ResidentVersions.Contains(version.Digest), Cancellation);
    }

    [Fact]
    public async Task Known_content_is_the_same_version_and_every_component_is_stored_once()
    {
        await Silo.CreateTenantAsync("publish-again");
        CallerContext.SetTenant("publish-again");

        var first = await Silo.PublishAsync("publish-again", "story", "BIAS.pth");
        var second = await Silo.PublishAsync("publish-again", "story", "BIAS.pth");

        Assert.Equal(first[^1].VersionDigest, second[^1].VersionDigest);
        var described = await Silo.Adapter("publish-again", "story").Describe(Cancellation);
        Assert.Single(described.Versions);
        Assert.Equal(first[^1].VersionDigest, described.Aliases["latest"]);
    }

    [Fact]
    public async Task Rolling_back_points_the_alias_to_each_earlier_version_in_turn()
    {
        await Silo.CreateTenantAsync("roll-back");
        CallerContext.SetTenant("roll-back");
        var first = await Silo.PublishAsync("roll-back", "story", "BIAS.pth", "stable");
        var second = await Silo.PublishAsync("roll-back", "story", "CAPTION.pth", "stable");
        var third = await Silo.PublishAsync("roll-back", "story", "CHAT-BIAS-SCALE-NORM.pth", "stable");
        var adapter = Silo.Adapter("roll-back", "story");

        Assert.Equal(third[^1].VersionDigest, (await adapter.Resolve("stable", null, Cancellation)).Digest);
        var back = await adapter.RollBack("stable", Cancellation).ToListAsync(Cancellation);
        Assert.Equal((PublishStage.Live, second[^1].VersionDigest), (back[^1].Stage, back[^1].VersionDigest));
        Assert.Equal(second[^1].VersionDigest, (await adapter.Resolve("stable", null, Cancellation)).Digest);
        await adapter.RollBack("stable", Cancellation).ToListAsync(Cancellation);
        Assert.Equal(first[^1].VersionDigest, (await adapter.Resolve("stable", null, Cancellation)).Digest);
        var refused = await Assert.ThrowsAsync<HerdException>(() => adapter.RollBack("stable", Cancellation).ToListAsync(Cancellation).AsTask());
        Assert.Equal(HerdErrorCode.Conflict, refused.Code);
    }

    [Fact]
    public async Task An_alias_moves_to_any_version_named_by_its_digest()
    {
        await Silo.CreateTenantAsync("move");
        CallerContext.SetTenant("move");
        var first = await Silo.PublishAsync("move", "story", "BIAS.pth");
        await Silo.PublishAsync("move", "story", "CAPTION.pth");
        var adapter = Silo.Adapter("move", "story");
        var digest = first[^1].VersionDigest!;

        await adapter.MoveAlias("canary", digest, Cancellation).ToListAsync(Cancellation);

        Assert.Equal(digest, (await adapter.Resolve("canary", null, Cancellation)).Digest);
        Assert.Equal(digest, (await adapter.Resolve("sha256:" + digest, null, Cancellation)).Digest);
        Assert.NotEqual(digest, (await adapter.Resolve(null, null, Cancellation)).Digest);
    }

    [Fact]
    public async Task A_file_that_is_no_adapter_is_refused_and_leaves_nothing()
    {
        await Silo.CreateTenantAsync("rubbish");
        CallerContext.SetTenant("rubbish");
        var upload = await Silo.Blobs.PutAsync(BlobArea.Scratch, new MemoryStream([1, 2, 3]), 100, Cancellation);
        var adapter = Silo.Adapter("rubbish", "story");

        var refused = await Assert.ThrowsAsync<HerdException>(
            () => adapter.Publish(new PublishRequest { Upload = upload }, Cancellation).ToListAsync(Cancellation).AsTask());

        Assert.Equal(HerdErrorCode.InvalidFile, refused.Code);
        Assert.DoesNotContain(Path.GetTempPath(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(HerdErrorCode.NotFound, (await Assert.ThrowsAsync<HerdException>(() => adapter.Describe(Cancellation))).Code);
    }

    [Fact]
    public async Task A_tenant_with_all_its_adapters_may_publish_new_versions_but_no_further_adapter()
    {
        await Silo.CreateTenantAsync("full", new TenantLimits { Adapters = 1 });
        CallerContext.SetTenant("full");
        await Silo.PublishAsync("full", "one", "BIAS.pth");
        await Silo.PublishAsync("full", "one", "CAPTION.pth");

        var refused = await Assert.ThrowsAsync<HerdException>(() => Silo.PublishAsync("full", "two", "BIAS.pth"));

        Assert.Equal(HerdErrorCode.QuotaExceeded, refused.Code);
        Assert.Equal(["one"], (await Silo.Tenant("full").ListAdapters(Cancellation)).Select(adapter => adapter.Name));
    }

    [Fact]
    public async Task No_adapter_can_be_called_base()
    {
        await Silo.CreateTenantAsync("named-base");
        CallerContext.SetTenant("named-base");

        var refused = await Assert.ThrowsAsync<HerdException>(() => Silo.PublishAsync("named-base", "base", "BIAS.pth"));

        Assert.Equal(("name", HerdErrorCode.InvalidArgument), (refused.Field, refused.Code));
    }

    public sealed class OnSqlite(SharedSilo shared) : PublishTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : PublishTests(server.Silo);
}
