using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Keys;
using Herd.Gateway.Usage;
using Microsoft.AspNetCore.Authorization;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Usage, for tenants at their port and for the administrator at the operator's.</summary>
[Authorize(Caller.UsagePolicy)]
internal sealed class UsageGrpcService(UsageReader usage) : V1.UsageService.UsageServiceBase
{
    /// <inheritdoc/>
    public override async Task<V1.GetUsageResponse> GetUsage(V1.GetUsageRequest request, ServerCallContext context)
    {
        var order = new UsageOrder(
            request.Tenant.Length == 0 ? null : request.Tenant,
            Moment.Read(request.From, "from"),
            Moment.Read(request.To, "to"),
            ToPeriod(request.Period),
            request.PageSize == 0 ? null : request.PageSize,
            request.PageToken);
        var page = await usage.ReadAsync(order, context.GetHttpContext().User, context.CancellationToken);
        return new V1.GetUsageResponse { Rows = { page.Rows.Select(ToProto) }, NextPageToken = page.NextPageToken ?? "" };
    }

    private static UsagePeriod ToPeriod(V1.UsagePeriod period) => period switch
    {
        V1.UsagePeriod.Unspecified or V1.UsagePeriod.Day => UsagePeriod.Day,
        V1.UsagePeriod.Hour => UsagePeriod.Hour,
        _ => throw HerdException.Invalid("period", "'period' must be USAGE_PERIOD_DAY or USAGE_PERIOD_HOUR."),
    };

    private static V1.UsageRow ToProto(UsageRow row) => new()
    {
        Tenant = row.Tenant,
        KeyId = row.KeyId,
        Start = Timestamp.FromDateTimeOffset(row.Start),
        Requests = row.Requests,
        PromptTokens = row.PromptTokens,
        CachedTokens = row.CachedTokens,
        GeneratedTokens = row.GeneratedTokens,
        Pictures = row.Pictures,
    };
}
