using Herd.Silo.Adapters;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Leases;

/// <summary>
/// Writes down which adapter versions this process's devices hold, takes away what dead processes left, and frees deleted adapters that nobody holds. One write per
/// device and period: no request waits for it.
/// </summary>
internal sealed class LeaseKeeper(
    DeviceHosts devices,
    LeaseRepository leases,
    TombstoneRepository tombstones,
    BlobReferences references,
    HolderLife life,
    IOptions<AdapterOptions> options,
    TimeProvider time,
    ILogger<LeaseKeeper> logger) : BackgroundService
{
    // Two renewals may fail before a living holder is given up.
    private const int RenewalsPerLease = 3;

    private readonly TimeSpan _period = options.Value.LeaseRenewal;

    /// <summary>Called when the devices have drained: nothing is held any more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await leases.RemoveAsync(holder => life.IsOwn(holder.Address), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.LogDebug(exception, "The leases could not be given back; they end by themselves.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_period, time);
        do
        {
            try
            {
                await RenewAsync(stoppingToken).ConfigureAwait(false);
                await RemoveDeadAsync(stoppingToken).ConfigureAwait(false);
                await FreeAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(exception, "Leases could not be renewed; trying again in {Period}.", _period);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        foreach (var device in devices.All)
        {
            var held = device.Describe().ResidentVersions;
            var unnamed = await leases.RenewAsync(life.HolderOf(device.ModelKey), held, time.GetUtcNow(), RenewalsPerLease * _period, cancellationToken)
                .ConfigureAwait(false);

            // Whoever deleted them could not reach this replica, or a request brought them back meanwhile.
            foreach (var version in unnamed)
            {
                device.Drop(version);
            }
        }
    }

    private async Task RemoveDeadAsync(CancellationToken cancellationToken)
    {
        var now = Columns.Of(time.GetUtcNow());
        foreach (var holder in await leases.RemoveAsync(holder => holder.ExpiresAt < now || life.IsDead(holder.Address), cancellationToken).ConfigureAwait(false))
        {
            logger.LogInformation("Took away the leases of {Holder}: it is dead, or has not renewed them.", holder);
        }
    }

    private async Task FreeAsync(CancellationToken cancellationToken)
    {
        foreach (var tombstone in await tombstones.FindUnheldAsync(time.GetUtcNow(), _period, cancellationToken).ConfigureAwait(false))
        {
            foreach (var component in await tombstones.ComponentsAsync(tombstone, cancellationToken).ConfigureAwait(false))
            {
                await references.ReleaseAsync(tombstone, component, cancellationToken).ConfigureAwait(false);
            }

            await tombstones.MarkFreedAsync(tombstone, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            logger.LogInformation("Freed the bytes of deleted adapter {Tombstone}.", tombstone);
        }
    }
}
