using System.Collections.Immutable;
using System.Security.Claims;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Keys;

namespace Herd.Gateway.Usage;

/// <summary>What a client asks of usage, on either surface; what is absent takes its default.</summary>
/// <param name="Tenant">Whose; null for the caller's own, or everybody's.</param>
/// <param name="From">Beginning.</param>
/// <param name="To">End.</param>
/// <param name="Period">How finely.</param>
/// <param name="Count">Most rows; null for the default.</param>
internal sealed record UsageOrder(string? Tenant, DateTimeOffset? From, DateTimeOffset? To, UsagePeriod Period, int? Count);

/// <summary>Reads usage: a tenant its own, the administrator everybody's.</summary>
internal sealed class UsageReader(IGrainFactory grains, TimeProvider time)
{
    private const int DefaultRows = 1000;
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(30);

    /// <summary>Reads.</summary>
    /// <param name="order">What is asked.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The rows, oldest first.</returns>
    /// <exception cref="HerdException">The caller may not see it, or the order is out of range.</exception>
    public Task<ImmutableArray<UsageRow>> ReadAsync(UsageOrder order, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        // To the millisecond that is stored, so that what was used up to now is in.
        var to = order.To ?? time.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        var query = new UsageQuery(order.From ?? to - DefaultSpan, to, order.Period, order.Count ?? DefaultRows);
        if (Caller.IsAdmin(caller))
        {
            return grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory).GetUsage(order.Tenant, query, cancellationToken);
        }

        var own = Caller.FindTenant(caller) ?? throw Caller.Refusal(caller);
        return order.Tenant is null || order.Tenant == own
            ? grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(own)).GetUsage(query, cancellationToken)
            : throw new HerdException(HerdErrorCode.PermissionDenied, "A tenant's key sees its own usage only. Leave 'tenant' out.");
    }
}
