using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Keys;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Tests.Hosting;

/// <summary>A whole silo in this process: the golden base, a data folder, real ports.</summary>
public sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private TestSilo(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public IBlobStore Blobs => Services.GetRequiredService<IBlobStore>();

    public RoutingTable Table => Services.GetRequiredService<RoutingTable>();

    /// <summary>Starts a silo and waits until its replica is routed to.</summary>
    public static Task<TestSilo> StartAsync(string dataFolder, CancellationToken cancellationToken, params (string Key, string Value)[] settings) =>
        StartAsync(Build(dataFolder, settings), cancellationToken);

    public static async Task<TestSilo> StartAsync(IHost host, CancellationToken cancellationToken)
    {
        var silo = new TestSilo(host);
        try
        {
            await silo._host.StartAsync(cancellationToken);
            await silo.Services.GetRequiredService<ReplicaStartup>().Ready.WaitAsync(cancellationToken);
            await Eventually.TrueAsync(() => silo.Table.Replicas.Any(replica => replica.State == Contracts.Models.ReplicaState.Ready), cancellationToken);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public static Task<TestSilo> StartAsync(TestStorage storage, CancellationToken cancellationToken, params (string Key, string Value)[] settings) =>
        StartAsync(storage.Folder, cancellationToken, [.. storage.Settings, .. settings]);

    public static IHost Build(TestStorage storage, params (string Key, string Value)[] settings) => Build(storage.Folder, [.. storage.Settings, .. settings]);

    public static IHost Build(string dataFolder, params (string Key, string Value)[] settings) => Configure(dataFolder, settings).Build();

    public static HostApplicationBuilder Configure(string dataFolder, params (string Key, string Value)[] settings)
    {
        var ports = FreePorts.Take(2);
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var golden = RepositoryFiles.Golden;
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster:SiloName"] = "test",
            ["Cluster:SiloPort"] = $"{ports[0]}",
            ["Cluster:ClientPort"] = $"{ports[1]}",
            ["Storage:DataFolder"] = dataFolder,
            ["Replica:Base"] = Path.Combine(golden, "tiny-llama", "hf"),
            ["Replica:Tokenizer"] = Path.Combine(golden, "tokenizer", "tokenizer.model"),
            ["Replica:Clip"] = Path.Combine(golden, "clip"),
            ["Replica:Dtype"] = "float32",
            ["Replica:KvCacheTokens"] = "8192",
            ["Replica:MaxSequenceTokens"] = "2048",
            ["Replica:DefaultTemperature"] = "0",
        });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        builder.AddHerdSilo();
        return builder;
    }

    public async Task CreateTenantAsync(string tenant, TenantLimits? limits = null)
    {
        CallerContext.SetAdmin();
        await Grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory).CreateTenant(tenant, limits, TestContext.Current.CancellationToken);
    }

    public IAdapterGrain Adapter(string tenant, string name) => Grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, name));

    public IConversationGrain Conversation(string tenant, string id) => Grains.GetGrain<IConversationGrain>(GrainKeys.Conversation(tenant, id));

    public ILeaseDirectoryGrain Leases => Grains.GetGrain<ILeaseDirectoryGrain>(GrainKeys.LeaseDirectory);

    public ITenantGrain Tenant(string tenant) => Grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant));

    /// <summary>Puts a golden file into the scratch area.</summary>
    public async Task<BlobRef> UploadAsync(params string[] path)
    {
        await using var file = File.OpenRead(Path.Combine([RepositoryFiles.Golden, .. path]));
        return await Blobs.PutAsync(BlobArea.Scratch, file, file.Length, TestContext.Current.CancellationToken);
    }

    /// <summary>Publishes a golden adapter.</summary>
    public async Task<IReadOnlyList<PublishUpdate>> PublishAsync(string tenant, string name, string file, string? alias = IAdapterGrain.DefaultAlias)
    {
        CallerContext.SetTenant(tenant);
        var request = new PublishRequest
        {
            Upload = await UploadAsync("adapters", file),
            Settings = new AdapterSettings { VisualHeads = 4 },
            Alias = alias,
        };
        return await Adapter(tenant, name).Publish(request, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }

    public Task StopAsync() => _host.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
