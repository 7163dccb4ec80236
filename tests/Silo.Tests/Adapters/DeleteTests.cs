using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

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
        _silo = await TestSilo.StartAsync(storage, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_deleted_adapter_is_gone_at_once_and_its_components_stay_only_for_others()
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

        foreach (var blob in version.Components.Values)
        {
            Assert.Null(await Silo.Blobs.GetPathAsync(blob, Cancellation));
        }
    }

    public sealed class OnSqlite() : DeleteTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : DeleteTests(new PostgresStorage(server));
}
