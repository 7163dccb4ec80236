using Herd.Contracts.Models;
using Herd.Silo.Devices;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Herd.Silo.Health;

/// <summary>Ready means: every replica of this process serves.</summary>
internal sealed class DevicesReady(DeviceHosts devices) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var others = devices.All.Select(device => device.Describe()).Where(replica => replica.State != ReplicaState.Ready).ToArray();
        return Task.FromResult(others.Length == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(string.Join('\n', others.Select(replica => $"Replica {replica.ModelKey}: {replica.State}."))));
    }
}
