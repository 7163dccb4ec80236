using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Devices;

/// <summary>A replica with room for one idle version.</summary>
public sealed class ResidencyTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestSilo? _silo;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(_folder.Path, Cancellation, ("Replica:AdapterCacheBytes", "0"));

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_version_used_last_stays_and_an_evicted_one_is_loaded_again_when_asked_for()
    {
        await Silo.CreateTenantAsync("acme");
        CallerContext.SetTenant("acme");
        var first = (await Silo.PublishAsync("acme", "one", "BIAS.pth"))[^1].VersionDigest;
        var second = (await Silo.PublishAsync("acme", "two", "CAPTION.pth"))[^1].VersionDigest;
        var replica = Silo.Grains.GetGrain<IModelGrain>(Silo.Table.Replicas.Single().ModelKey);
        Assert.Equal(second, Assert.Single((await replica.GetStatus(Cancellation)).ResidentVersions));

        var request = new GenerateRequest
        {
            RequestId = "r1",
            Tenant = "acme",
            Version = await Silo.Adapter("acme", "one").Resolve(null, null, Cancellation),
            Prompt = new TextPrompt("Hello"),
            Sampling = new SamplingParameters { MaxTokens = 4 },
        };
        var updates = await Silo.Services.GetRequiredService<ReplicaRouter>().Generate(request, Cancellation).ToListAsync(Cancellation);

        Assert.IsType<GenerationFinished>(updates[^1]);
        Assert.Equal(first, Assert.Single((await replica.GetStatus(Cancellation)).ResidentVersions));
        await replica.Drop("acme", first!, Cancellation);
        Assert.Empty((await replica.GetStatus(Cancellation)).ResidentVersions);
    }
}
