using System.Net;
using Herd.Faults.Plan;
using Herd.Testing;
using Herd.Testing.Cluster;
using Herd.Testing.Postgres;

namespace Herd.Faults.Injection;

/// <summary>The cluster's processes by their parts.</summary>
internal sealed class ClusterParts(HerdCluster cluster)
{
    /// <summary>The database's server.</summary>
    public PostgresServer Server => cluster.Storage.Postgres ?? throw new InvalidOperationException("SQLite has no server that could crash.");

    /// <summary>The process of a silo or gateway.</summary>
    public ChildProcess Process(Part part) => part.Kind == PartKind.Silo ? cluster.Silo(part.Index) : cluster.Gateway(part.Index);

    /// <summary>Starts a silo or gateway and waits until it is ready.</summary>
    public Task StartAsync(Part part, CancellationToken cancellationToken) =>
        part.Kind == PartKind.Silo ? cluster.StartSiloAsync(part.Index, cancellationToken) : cluster.StartGatewayAsync(part.Index, cancellationToken);

    /// <summary>Whether a silo or gateway says that it is ready.</summary>
    public async Task<bool> IsReadyAsync(Part part, CancellationToken cancellationToken)
    {
        var address = part.Kind == PartKind.Silo ? cluster.Health(part.Index) : cluster.Http(part.Index);
        return await cluster.HealthAsync(address, "/readyz", cancellationToken) == HttpStatusCode.OK;
    }
}
