using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Replicas;

/// <summary>Tells the replica directory of this process's replicas: at once when one changes, otherwise every second.</summary>
internal sealed class ReplicaReporter(
    DeviceHosts devices, IGrainFactory grains, IOptions<HerdClusterOptions> cluster, TimeProvider time, ILogger<ReplicaReporter> logger) : BackgroundService
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, (ReplicaInfo Replica, long At)> _reported = [];

    private IReplicaDirectoryGrain Directory => grains.GetGrain<IReplicaDirectoryGrain>(GrainKeys.ReplicaDirectory(cluster.Value.BaseName));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(devices.All.Select(device => Directory.Remove(device.ModelKey, cancellationToken))).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.LogDebug(exception, "The replicas could not be taken out of the directory; they are dropped when they stay silent.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookPeriod, time);
        do
        {
            foreach (var device in devices.All)
            {
                await ReportAsync(device.Describe(), stoppingToken).ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task ReportAsync(ReplicaInfo now, CancellationToken cancellationToken)
    {
        if (_reported.TryGetValue(now.ModelKey, out var last) && IsSame(last.Replica, now) && time.GetElapsedTime(last.At) < Heartbeat)
        {
            return;
        }

        try
        {
            await Directory.Report(now, cancellationToken).ConfigureAwait(false);
            _reported[now.ModelKey] = (now, time.GetTimestamp());
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogDebug(exception, "The replica could not be reported; trying again.");
        }
    }

    private static bool IsSame(ReplicaInfo left, ReplicaInfo right) =>
        left with { ResidentVersions = [] } == right with { ResidentVersions = [] }
        && left.ResidentVersions.ToHashSet().SetEquals(right.ResidentVersions);
}
