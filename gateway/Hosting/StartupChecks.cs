using System.Net;
using Herd.Engine;
using Herd.Engine.Bases;

namespace Herd.Gateway.Hosting;

/// <summary>Finds what would make a start fail late, before anything is loaded.</summary>
internal static class StartupChecks
{
    /// <summary>Checks files, memory and ports.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="StartupException">The gateway would not start.</exception>
    public static void Run(StartupSettings settings)
    {
        CheckFiles(settings);
        CheckPorts(settings);
    }

    private static void CheckFiles(StartupSettings settings)
    {
        var replica = settings.Replica;
        if (replica.Clip is { } clip && !Path.Exists(clip))
        {
            throw new StartupException($"{clip}: there is no such image encoder.", "Check --clip, or leave it out to serve text only.");
        }

        try
        {
            var folder = BaseFolder.Open(replica.Base, replica.Tokenizer);
            MemoryCheck.Require(folder, replica);
        }
        catch (EngineException exception)
        {
            throw new StartupException($"The base '{Path.GetFullPath(replica.Base)}' cannot be used. {exception.Message}");
        }
    }

    private static void CheckPorts(StartupSettings settings)
    {
        var address = Ports.Parse(settings.Gateway.Address);
        Ports.RequireFree(address, settings.Gateway.HttpPort, "HTTP", "--http-port PORT");
        Ports.RequireFree(address, settings.Gateway.GrpcPort, "gRPC", "--grpc-port PORT");
        Ports.RequireFree(Ports.Parse(settings.Gateway.AdminAddress), settings.Gateway.AdminPort, "operator", "--set Gateway:AdminPort=PORT");
        var cluster = IPAddress.TryParse(settings.Cluster.Address, out var parsed) ? parsed : IPAddress.Any;
        Ports.RequireFree(cluster, settings.Cluster.SiloPort, "cluster", "--set Cluster:SiloPort=PORT");
        Ports.RequireFree(cluster, settings.Cluster.ClientPort, "cluster clients", "--set Cluster:ClientPort=PORT");
    }
}
