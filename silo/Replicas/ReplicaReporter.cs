using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Replicas;

/// <summary>Tells the replica directory of this process's replica: at once when it changes, otherwise every second.</summary>
internal sealed class ReplicaReporter(
    DeviceHost device, IGrainFactory grains, IOptions<HerdClusterOptions> cluster, TimeProvider time, ILogger<ReplicaReporter> logger) : BackgroundService
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private IReplicaDirectoryGrain Directory => grains.GetGrain<IReplicaDirectoryGrain>(GrainKeys.ReplicaDirectory(cluster.Value.BaseName));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Directory.Remove(device.ModelKey, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.LogDebug(exception, "The replica could not be taken out of the directory; it is dropped when it stays silent.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ReplicaInfo? reported = null;
        var reportedAt = 0L;
        using var timer = new PeriodicTimer(LookPeriod, time);
        do
        {
            var now = device.Describe();
            if (reported is not null && IsSame(reported, now) && time.GetElapsedTime(reportedAt) < Heartbeat)
            {
                continue;
            }

            try
            {
                await Directory.Report(now, stoppingToken).ConfigureAwait(false);
                (reported, reportedAt) = (now, time.GetTimestamp());
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogDebug(exception, "The replica could not be reported; trying again.");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private static bool IsSame(ReplicaInfo left, ReplicaInfo right) =>
        left with { ResidentVersions = [] } == right with { ResidentVersions = [] }
        && left.ResidentVersions.ToHashSet().SetEquals(right.ResidentVersions);
}
