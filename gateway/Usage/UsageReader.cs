using System.Collections.Immutable;
using System.Security.Claims;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;

namespace Herd.Gateway.Usage;

/// <summary>What a client asks of usage, on either surface; what is absent takes its default.</summary>
/// <param name="Tenant">Whose; null for the caller's own, or everybody's.</param>
/// <param name="From">Beginning.</param>
/// <param name="To">End.</param>
/// <param name="Period">How finely.</param>
/// <param name="Count">Most rows; null for the default.</param>
/// <param name="PageToken">Where to go on; null or empty to begin.</param>
internal sealed record UsageOrder(string? Tenant, DateTimeOffset? From, DateTimeOffset? To, UsagePeriod Period, int? Count, string? PageToken);

/// <summary>Some of the usage.</summary>
/// <param name="Rows">Oldest first.</param>
/// <param name="NextPageToken">Gives the next page; null where this page was not full.</param>
internal sealed record UsagePage(ImmutableArray<UsageRow> Rows, string? NextPageToken);

/// <summary>Reads usage: a tenant its own, the administrator everybody's.</summary>
internal sealed class UsageReader(IGrainFactory grains, TimeProvider time)
{
    private const string List = "usage";
    private const int DefaultRows = 1000;
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(30);

    /// <summary>Reads.</summary>
    /// <param name="order">What is asked.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A page of rows.</returns>
    /// <exception cref="HerdException">The caller may not see it, or the order is out of range.</exception>
    public async Task<UsagePage> ReadAsync(UsageOrder order, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        // To the millisecond that is stored, so that what was used up to now is in.
        var to = order.To?.ToUniversalTime() ?? time.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        var query = new UsageQuery(order.From ?? DefaultFrom(to), to, order.Period, order.Count ?? DefaultRows)
        {
            After = PageToken.Read(order.PageToken, List, names: 2) is { } token ? new UsageCursor(token.Moment, token.Names[0], token.Names[1]) : null,
        };
        var rows = await ReadAsync(order.Tenant, query, caller, cancellationToken);
        return new UsagePage(rows, rows.Length < query.Count ? null : new PageToken(rows[^1].Start, rows[^1].Tenant, rows[^1].KeyId).Write(List));
    }

    private static DateTimeOffset DefaultFrom(DateTimeOffset to) => to - DateTimeOffset.MinValue < DefaultSpan ? DateTimeOffset.MinValue : to - DefaultSpan;

    private Task<ImmutableArray<UsageRow>> ReadAsync(string? tenant, UsageQuery query, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        if (Caller.IsAdmin(caller))
        {
            return grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory).GetUsage(tenant, query, cancellationToken);
        }

        var own = Caller.FindTenant(caller) ?? throw Caller.Refusal(caller);
        return tenant is null || tenant == own
            ? grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(own)).GetUsage(query, cancellationToken)
            : throw new HerdException(HerdErrorCode.PermissionDenied, "A tenant's key sees its own usage only. Leave 'tenant' out.");
    }
}
