using Herd.Contracts.Blobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Storage;

/// <summary>Removes uploads and pictures of requests that have long ended.</summary>
internal sealed class ScratchSweeper(IBlobStore blobs, TimeProvider time, ILogger<ScratchSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                var removed = await blobs.SweepAsync(time.GetUtcNow() - Age, stoppingToken).ConfigureAwait(false);
                if (removed > 0)
                {
                    logger.LogInformation("Removed {Count} scratch files.", removed);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(exception, "Scratch files could not be swept; trying again in {Period}.", Period);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
