using System.Net;
using Herd.Silo.Models;
using Herd.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using Orleans.Storage;

namespace Herd.Silo.Hosting;

/// <summary>Sets Orleans up from Herd's options.</summary>
internal static class OrleansSetup
{
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    internal static void Configure(ISiloBuilder silo, bool dashboard)
    {
        Identify(silo.Services);
        Store(silo);
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClusterMembershipOptions>(DetectDeathQuickly);
        silo.AddIncomingGrainCallFilter<TenantCallFilter>();
        silo.AddActivityPropagation();
        if (dashboard)
        {
            silo.AddDashboard(options => options.HideTrace = true);
        }

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
        silo.UseAdoNetClustering(builder => builder.Configure<Backend>((options, backend) =>
            (options.Invariant, options.DataSource) = (backend.OrleansInvariant, backend.Source)));
        silo.AddAdoNetGrainStorageAsDefault(builder => builder.Configure<Backend, Serializer>((options, backend, serializer) =>
        {
            (options.Invariant, options.DataSource, options.DeleteStateOnClear) = (backend.OrleansInvariant, backend.Source, true);

            // Orleans' default writes the names of classes and assemblies; this one the ids and aliases that messages have.
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
        silo.UseAdoNetReminderService(builder => builder.Configure<Backend>((options, backend) =>
            (options.Invariant, options.DataSource) = (backend.OrleansInvariant, backend.Source)));
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
