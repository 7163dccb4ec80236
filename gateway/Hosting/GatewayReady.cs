using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Herd.Gateway.Hosting;

/// <summary>Ready means: at least one replica serves, by news that is not old, what comes with Herd is published, and the gateway is not about to end.</summary>
internal sealed class GatewayReady(RoutingTable routes, FirstStart first, IHostApplicationLifetime lifetime) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(this switch
        {
            _ when lifetime.ApplicationStopping.IsCancellationRequested => HealthCheckResult.Unhealthy("The gateway is about to end."),
            _ when !lifetime.ApplicationStarted.IsCancellationRequested => HealthCheckResult.Unhealthy("The gateway is still starting."),
            _ when !routes.IsCurrent => HealthCheckResult.Unhealthy("No silo answers."),
            _ when routes.Replicas.All(replica => replica.State != ReplicaState.Ready) => HealthCheckResult.Unhealthy("No replica serves yet."),
            _ when first.IsPublishing => HealthCheckResult.Unhealthy("The bundled adapters are being published."),
            _ => HealthCheckResult.Healthy("A replica serves."),
        });
}
