using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Experts;

/// <summary>Bounds how many experts work at one time, in all and for each tenant. A tenant that asks much waits behind itself, not before others.</summary>
internal sealed class ExpertPlaces : IAsyncDisposable
{
    private const string All = "";

    private readonly PartitionedRateLimiter<string> _ofTenants;
    private readonly PartitionedRateLimiter<string> _ofAll;
    private readonly PartitionedRateLimiter<string> _both;

    public ExpertPlaces(IOptions<ExpertOptions> options)
    {
        var limits = options.Value;
        _ofTenants = Limit(tenant => tenant, limits.MaxConcurrentPerTenant, limits.MaxWaitingPerTenant);

        // Of each tenant only as many wait here as may work at one time.
        _ofAll = Limit(_ => All, limits.MaxConcurrent, int.MaxValue);
        _both = PartitionedRateLimiter.CreateChained(_ofTenants, _ofAll);
    }

    /// <summary>Waits for a place.</summary>
    /// <returns>The place, to be given back; null where too many wait.</returns>
    internal async Task<IDisposable?> EnterAsync(string tenant, CancellationToken cancellationToken)
    {
        var lease = await _both.AcquireAsync(tenant, 1, cancellationToken).ConfigureAwait(false);
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _both.DisposeAsync().ConfigureAwait(false);
        await _ofTenants.DisposeAsync().ConfigureAwait(false);
        await _ofAll.DisposeAsync().ConfigureAwait(false);
    }

    private static PartitionedRateLimiter<string> Limit(Func<string, string> partition, int permits, int waiting) =>
        PartitionedRateLimiter.Create<string, string>(tenant => RateLimitPartition.GetConcurrencyLimiter(
            partition(tenant), _ => new ConcurrencyLimiterOptions { PermitLimit = permits, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));
}
