using System.Data.Common;
using System.Net;
using Herd.Silo.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Herd.Silo.Hosting;

/// <summary>Sets Orleans up from Herd's options.</summary>
internal static class OrleansSetup
{
    // The name by which Orleans knows SQLite's dialect; the driver is Microsoft.Data.Sqlite, given by the data source.
    private const string Sqlite = "System.Data.SQLite";

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    internal static void Configure(ISiloBuilder silo)
    {
        Identify(silo.Services);
        Store(silo);
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClusterMembershipOptions>(DetectDeathQuickly);
        silo.AddIncomingGrainCallFilter<TenantCallFilter>();
        silo.AddActivityPropagation();
        silo.Services.AddPlacementDirector<PinnedPlacement, PinnedPlacementDirector>();
    }

    private static void Identify(IServiceCollection services)
    {
        services.AddOptions<ClusterOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) =>
            (options.ClusterId, options.ServiceId) = (herd.Value.ClusterId, herd.Value.ServiceId));
        services.AddOptions<SiloOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) => options.SiloName = herd.Value.SiloName);
        services.AddOptions<EndpointOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) =>
        {
            options.AdvertisedIPAddress = IPAddress.Parse(herd.Value.Address);
            options.SiloPort = herd.Value.SiloPort;
            options.GatewayPort = herd.Value.ClientPort;
        });
    }

    private static void Store(ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(builder => builder.Configure<DbDataSource>((options, source) =>
            (options.Invariant, options.DataSource) = (Sqlite, source)));
        silo.AddAdoNetGrainStorageAsDefault(builder => builder.Configure<DbDataSource>((options, source) =>
            (options.Invariant, options.DataSource, options.DeleteStateOnClear) = (Sqlite, source, true)));
        silo.UseAdoNetReminderService(builder => builder.Configure<DbDataSource>((options, source) =>
            (options.Invariant, options.DataSource) = (Sqlite, source)));
    }

    // A killed process is known to be dead after about 1.5 s; a busy one was never taken for dead with these.
    private static void DetectDeathQuickly(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.TableRefreshTimeout = TimeSpan.FromSeconds(10);
    }
}
