using System.Globalization;
using Herd.Contracts.Conversations;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Hosting;
using Herd.Testing.Cluster;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Cluster.Tests;

/// <summary>A client of the cluster that knows which silo a grain lives on; clients of Herd cannot tell.</summary>
internal sealed class GrainPlaces : IAsyncDisposable
{
    private const string Data = "--data";
    private const string Set = "--set";

    private readonly IHost _host;

    private GrainPlaces(IHost host) => _host = host;

    /// <summary>Connects to a cluster.</summary>
    public static async Task<GrainPlaces> ConnectAsync(HerdCluster cluster, CancellationToken cancellationToken)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(SettingsOf(cluster.Storage.CommandLine));
        builder.AddHerdClient();
        var places = new GrainPlaces(builder.Build());
        await places._host.StartAsync(cancellationToken);
        return places;
    }

    /// <summary>Which silo of the cluster a conversation lives on now.</summary>
    public async Task<int> SiloOfAsync(string tenant, string conversation)
    {
        CallerContext.SetAdmin();
        var grains = _host.Services.GetRequiredService<IGrainFactory>();
        var management = grains.GetGrain<IManagementGrain>(0);
        var address = await management.GetActivationAddress(grains.GetGrain<IConversationGrain>(GrainKeys.Conversation(tenant, conversation)));
        return IndexOf((await management.GetDetailedHosts(onlyActive: true)).Single(member => member.SiloAddress.Equals(address)).SiloName);
    }

    /// <summary>A silo's index in the cluster, from its name.</summary>
    public static int IndexOf(string silo) => int.Parse(silo[(silo.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    /// <summary>The words of a command line as the configuration that it stands for.</summary>
    private static Dictionary<string, string?> SettingsOf(IReadOnlyList<string> words)
    {
        var settings = new Dictionary<string, string?> { ["Storage:DataFolder"] = words[words.ToList().IndexOf(Data) + 1] };
        foreach (var pair in words.SkipWhile(word => word != Set).Skip(1).Select(word => word.Split('=', 2)))
        {
            settings[pair[0]] = pair[1];
        }

        return settings;
    }
}
