using System.Globalization;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Admin;
using Herd.Gateway.Keys;
using Herd.Gateway.OpenAi;

namespace Herd.Gateway.Usage;

/// <summary><c>GET /v1/usage</c>, at the tenants' port and at the operator's.</summary>
internal static class UsageEndpoint
{
    /// <summary>Maps it.</summary>
    /// <param name="routes">The routes.</param>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/usage", ReadAsync).RequireAuthorization(Caller.UsagePolicy).ForAll();

    private static async Task<IResult> ReadAsync(HttpContext http, UsageReader usage, CancellationToken cancellationToken)
    {
        var query = http.Request.Query;
        var order = new UsageOrder(QueryFields.Text(query, "tenant"), Moment(query, "from"), Moment(query, "to"), Period(query), Count(query), QueryFields.Text(query, "page_token"));
        var page = await usage.ReadAsync(order, http.User, cancellationToken);
        return Results.Json(new UsageListBody([.. page.Rows.Select(UsageRowBody.Of)], page.NextPageToken), OpenAiJson.Default.UsageListBody);
    }

    private static UsagePeriod Period(IQueryCollection query) => QueryFields.Text(query, "period") switch
    {
        null or "day" => UsagePeriod.Day,
        "hour" => UsagePeriod.Hour,
        _ => throw HerdException.Invalid("period", "'period' must be 'day' or 'hour'."),
    };

    private static int? Count(IQueryCollection query) => QueryFields.Text(query, "limit") switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= UsageQuery.MostRows => count,
        _ => throw HerdException.Invalid("limit", $"'limit' must be 1 to {UsageQuery.MostRows}."),
    };

    private static DateTimeOffset? Moment(IQueryCollection query, string name) => QueryFields.Text(query, name) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) => moment,
        _ => throw HerdException.Invalid(name, $"'{name}' must be a date or a moment, such as 2026-01-31 or 2026-01-31T12:00:00Z."),
    };
}
