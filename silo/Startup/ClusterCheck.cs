using System.Net;
using Herd.Silo.Hosting;

namespace Herd.Silo.Startup;

/// <summary>Finds what would keep a process from becoming a member of the cluster, before it tries.</summary>
public static class ClusterCheck
{
    /// <summary>Checks the ports of a member.</summary>
    /// <param name="cluster">How the process is to be found.</param>
    /// <param name="hasClientPort">Whether the process opens a port for clients: it does where it has devices.</param>
    /// <exception cref="StartupException">A port is taken.</exception>
    public static void Run(HerdClusterOptions cluster, bool hasClientPort = true)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var address = IPAddress.TryParse(cluster.Address, out var parsed) ? parsed : IPAddress.Any;
        Ports.RequireFree(address, cluster.SiloPort, "cluster", "--set Cluster:SiloPort=PORT");
        if (hasClientPort)
        {
            Ports.RequireFree(address, cluster.ClientPort, "cluster clients", "--set Cluster:ClientPort=PORT");
        }
    }
}
