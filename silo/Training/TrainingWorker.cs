using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Training;

/// <summary>Takes jobs as long as this process has places for them.</summary>
internal sealed class TrainingWorker(
    JobRepository jobs, JobRunner runner, ReplicaStartup startup, IOptions<HerdClusterOptions> cluster, IOptions<TrainingOptions> options, TimeProvider time, ILogger<TrainingWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Slots == 0)
        {
            return;
        }

        // What is trained is published against the base that is served here.
        await startup.Ready.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(Enumerable.Range(0, options.Value.Slots).Select(_ => WorkAsync(stoppingToken))).ConfigureAwait(false);
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await TryOneAsync(stoppingToken).ConfigureAwait(false))
            {
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <returns>True where a job ended: the next one may follow at once.</returns>
    private async Task<bool> TryOneAsync(CancellationToken stoppingToken)
    {
        try
        {
            var holder = $"{cluster.Value.SiloName}/{Guid.NewGuid():n}";
            return await jobs.ClaimAsync(holder, options.Value.Lease, stoppingToken).ConfigureAwait(false) is { } claim
                && await runner.RunAsync(claim, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Training jobs cannot be worked at now; trying again.");
            return false;
        }
    }
}
