using Herd.Gateway.Hosting.Bundles;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Herd.Silo.Startup;
using Herd.Silo.Storage;

namespace Herd.Gateway.Hosting;

/// <summary>What the gateway needs of the configuration before it starts.</summary>
/// <param name="Mode">What it is to its cluster.</param>
/// <param name="DataFolder">The data folder.</param>
/// <param name="DrainTimeout">How long running answers may go on when the process is asked to end, the time before its ports close among it.</param>
internal sealed record StartupSettings(GatewayMode Mode, string DataFolder, TimeSpan DrainTimeout)
{
    /// <summary>The bundled model, where it is served; null where a base was named, or the process has no replicas.</summary>
    public BundledModel? Bundle { get; init; }

    /// <summary>Reads the configuration strictly, and finds what would make the start fail late.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="StartupException">The gateway would not start.</exception>
    public static StartupSettings ReadAndCheck(IConfiguration configuration)
    {
        var cluster = StrictSettings.Read<HerdClusterOptions>(configuration, HerdClusterOptions.Section);
        var replica = cluster.GatewayMode == GatewayMode.Embedded
            ? ReplicaCheck.Run(configuration)
            : StrictSettings.Read<ReplicaOptions>(configuration, ReplicaOptions.Section, nameof(ReplicaOptions.Base));
        var gateway = StrictSettings.Read<GatewayOptions>(configuration, GatewayOptions.Section);
        var storage = StrictSettings.Read<StorageOptions>(configuration, StorageOptions.Section);
        var address = Ports.Parse(gateway.Address);
        Ports.RequireFree(address, gateway.HttpPort, "HTTP", "--http-port PORT");
        Ports.RequireFree(address, gateway.GrpcPort, "gRPC", "--grpc-port PORT");
        var adminAddress = Ports.Parse(gateway.AdminAddress);
        Ports.RequireFree(adminAddress, gateway.AdminPort, "operator", "--set Gateway:AdminPort=PORT");
        Ports.RequireFree(adminAddress, gateway.EffectiveAdminGrpcPort, "operator's gRPC", "--set Gateway:AdminGrpcPort=PORT");
        if (cluster.GatewayMode != GatewayMode.Client)
        {
            ClusterCheck.Run(cluster, hasClientPort: cluster.GatewayMode == GatewayMode.Embedded);
        }

        return new StartupSettings(cluster.GatewayMode, storage.DataFolder, gateway.StopDelay + replica.DrainTimeout);
    }
}
