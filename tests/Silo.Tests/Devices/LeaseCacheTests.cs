using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Silo.Devices;
using Herd.Testing;

namespace Herd.Silo.Tests.Devices;

/// <summary>A cache with room for what is counted once, and not for what would be counted twice.</summary>
public sealed class LeaseCacheTests : IAsyncLifetime
{
    private InferenceEngine _engine = null!;

    public async ValueTask InitializeAsync() => _engine = await InferenceEngine.LoadAsync(
        new EngineOptions
        {
            BaseFolder = Golden("tiny-llama", "hf"),
            TokenizerFile = RepositoryFiles.Tokenizer,
            ClipPath = Golden("clip", "tiny-clip.pth"),
            Dtype = EngineDtype.Float32,
            KvCacheTokens = 256,
        },
        cancellationToken: TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Add_VersionsThatShareAFrontEnd_CountsItOnceAndEvictsTheLeastRecentlyUsed()
    {
        var (first, second, third) = (await LoadAsync("alpaca"), await LoadAsync("raw"), await LoadAsync("chat-v1"));
        using var cache = new LeaseCache((2 * first.Memory.OwnBytes) + first.Memory.FrontEndBytes);

        cache.Add(first);
        cache.Add(second);
        Assert.Equal(Sorted(first, second, third), _engine.ResidentVersions.Order());

        cache.Touch(first.Version);
        cache.Add(third);
        Assert.Equal(Sorted(first, third), _engine.ResidentVersions.Order());
        Assert.Equal((2 * first.Memory.OwnBytes) + first.Memory.FrontEndBytes, _engine.AdapterBytes);

        cache.Dispose();
        Assert.Empty(_engine.ResidentVersions);
        Assert.Equal(0, _engine.AdapterBytes);
    }

    private static string Golden(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    private static IEnumerable<string> Sorted(params AdapterLease[] leases) => leases.Select(lease => lease.Version).Order();

    private async Task<AdapterLease> LoadAsync(string template)
    {
        using var package = AdapterPackage.Read(Golden("adapters", "BIAS.pth"), _engine.AdapterReadOptions with { VisualHeads = 4, Template = template });
        return await _engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken);
    }
}
