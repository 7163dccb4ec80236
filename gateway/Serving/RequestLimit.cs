using System.Threading.RateLimiting;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Errors;
using Herd.Gateway.Keys;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Serving;

/// <summary>Bounds the requests that a tenant has under way at this gateway, before their bodies are read.</summary>
internal sealed class RequestLimit(IOptions<GatewayOptions> gateway) : IConfigureOptions<RateLimiterOptions>
{
    private const string Nobody = "";

    /// <inheritdoc/>
    public void Configure(RateLimiterOptions options)
    {
        var limit = gateway.Value.MaxRequestsPerTenant;
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => Caller.FindTenant(http.User) is { } tenant
            ? RateLimitPartition.GetConcurrencyLimiter(tenant, _ => new ConcurrencyLimiterOptions { PermitLimit = limit })
            : RateLimitPartition.GetNoLimiter(Nobody));
        var refusal = new HerdException(HerdErrorCode.LimitExceeded, $"At most {limit} requests may be under way at one time.") { Limit = LimitNames.ConcurrentRequests };
        options.OnRejected = async (context, _) => await ErrorWriter.WriteAsync(context.HttpContext, refusal);
    }
}
