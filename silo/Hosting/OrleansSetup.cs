using System.Net;
using Herd.Silo.Placement;
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
    private static readonly TimeSpan ConnectRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SiloListPeriod = TimeSpan.FromSeconds(5);

    /// <summary>A member with devices, which hosts grains.</summary>
    internal static void ConfigureSilo(ISiloBuilder silo, bool dashboard)
    {
        ConfigureMember(silo, dashboard);
        silo.Services.AddOptions<SiloOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) => options.SiloName = herd.Value.SiloName);
        silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) => options.GatewayPort = herd.Value.ClientPort);
        silo.AddAdoNetGrainStorageAsDefault(builder => builder.Configure<Backend, Serializer>((options, backend, serializer) =>
        {
            (options.Invariant, options.DataSource, options.DeleteStateOnClear) = (backend.OrleansInvariant, backend.OrleansSource, true);

            // Orleans' default writes the names of classes and assemblies; this one the ids and aliases that messages have.
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
        silo.UseAdoNetReminderService(builder => builder.Configure<Backend>((options, backend) =>
            (options.Invariant, options.DataSource) = (backend.OrleansInvariant, backend.OrleansSource)));
        silo.AddIncomingGrainCallFilter<TenantCallFilter>();
    }

    /// <summary>A member without devices: its name keeps grains away.</summary>
    internal static void ConfigureGateway(ISiloBuilder silo, bool dashboard)
    {
        ConfigureMember(silo, dashboard);
        silo.Services.AddOptions<SiloOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) =>
            options.SiloName = MemberNames.OfGateway(herd.Value.SiloName));
        silo.Services.Configure<EndpointOptions>(options => options.GatewayPort = 0);
    }

    /// <summary>No member: it finds the silos in the database and calls them through their client ports.</summary>
    internal static void ConfigureClient(IClientBuilder client)
    {
        Identify(client.Services);
        client.UseAdoNetClustering(builder => builder.Configure<Backend>((options, backend) =>
            (options.Invariant, options.DataSource) = (backend.OrleansInvariant, backend.OrleansSource)));
        client.AddOutgoingGrainCallFilter<LostCallFilter>();
        client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = SiloListPeriod);
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            // However long it takes: a gateway may be started before its silos.
            await Task.Delay(ConnectRetryDelay, cancellationToken).ConfigureAwait(false);
            return true;
        });
        client.AddActivityPropagation();
    }

    private static void ConfigureMember(ISiloBuilder silo, bool dashboard)
    {
        Identify(silo.Services);
        silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) =>
            (options.AdvertisedIPAddress, options.SiloPort) = (IPAddress.Parse(herd.Value.Address), herd.Value.SiloPort));
        silo.UseAdoNetClustering(builder => builder.Configure<Backend>((options, backend) =>
            (options.Invariant, options.DataSource) = (backend.OrleansInvariant, backend.OrleansSource)));
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClusterMembershipOptions>(DetectDeathQuickly);
        silo.AddOutgoingGrainCallFilter<LostCallFilter>();
        silo.AddActivityPropagation();
        silo.Services.AddSingleton<IFatalErrorHandler, FatalEnd>();

        if (dashboard)
        {
            silo.AddDashboard(options => options.HideTrace = true);
        }

        // Whoever calls a grain that is not there yet chooses its place.
        silo.Services.AddPlacementDirector<PinnedPlacement, PinnedPlacementDirector>();
        silo.Services.AddPlacementDirector<DevicePlacement, DevicePlacementDirector>();
    }

    private static void Identify(IServiceCollection services) =>
        services.AddOptions<ClusterOptions>().Configure<IOptions<HerdClusterOptions>>((options, herd) =>
            (options.ClusterId, options.ServiceId) = (herd.Value.ClusterId, herd.Value.ServiceId));

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
