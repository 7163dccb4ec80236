using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Herd.Gateway.Hosting;

/// <summary>Ready means: at least one replica serves.</summary>
internal sealed class ReplicaReadiness(RoutingTable routes) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(routes.Replicas.Any(replica => replica.State == ReplicaState.Ready)
            ? HealthCheckResult.Healthy("A replica serves.")
            : HealthCheckResult.Unhealthy("No replica serves yet."));
}
