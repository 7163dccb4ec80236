using System.Globalization;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Keys;
using Herd.Gateway.OpenAi;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Herd.Gateway.Adapters;

/// <summary>Adapters over HTTP.</summary>
internal sealed class AdapterEndpoints(AdapterPublisher publisher, IGrainFactory grains)
{
    /// <summary>Maps the paths.</summary>
    /// <param name="routes">Where to map them.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var adapters = routes.MapGroup("/v1/adapters");
        adapters.MapGet("/", (HttpContext http, AdapterEndpoints endpoints) => endpoints.ListAsync(http));
        adapters.MapPut("/{name}", (string name, HttpContext http, AdapterEndpoints endpoints) => endpoints.UploadAsync(name, http));
        adapters.MapGet("/{name}", (string name, HttpContext http, AdapterEndpoints endpoints) => endpoints.GetAsync(name, http));
        adapters.MapDelete("/{name}", (string name, HttpContext http, AdapterEndpoints endpoints) => endpoints.DeleteAsync(name, http));
        adapters.MapPost(
            "/{name}/aliases/{alias}",
            (string name, string alias, HttpContext http, AdapterEndpoints endpoints) => endpoints.MoveAliasAsync(name, alias, http));
        adapters.MapPost(
            "/{name}/aliases/{alias}/rollback",
            (string name, string alias, HttpContext http, AdapterEndpoints endpoints) => endpoints.RollBackAsync(name, alias, http));
    }

    private async Task<IResult> UploadAsync(string name, HttpContext http)
    {
        // The publisher holds the limits on uploads; the server's own are for all other bodies.
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        http.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
        var upload = new AdapterUpload(Caller.TenantOf(http), name, ReadAlias(http.Request.Query), ReadSettings(http.Request.Query));
        var version = await publisher.PublishAsync(upload, http.Request.Body, http.Request.ContentLength, http.RequestAborted);
        return await DescribeAsync(http, name, version);
    }

    private async Task<IResult> MoveAliasAsync(string name, string alias, HttpContext http)
    {
        using var body = await JsonBody.ReadAsync(http);
        var version = JsonFields.Of(body.RootElement).RequireText("version");
        return await DescribeAsync(http, name, await publisher.MoveAliasAsync(Caller.TenantOf(http), name, alias, version, http.RequestAborted));
    }

    private async Task<IResult> RollBackAsync(string name, string alias, HttpContext http) =>
        await DescribeAsync(http, name, await publisher.RollBackAsync(Caller.TenantOf(http), name, alias, http.RequestAborted));

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var adapters = await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(Caller.TenantOf(http))).ListAdapters(http.RequestAborted);
        return Results.Json(new AdapterListBody([.. adapters.Select(AdapterBody.Of)]), OpenAiJson.Default.AdapterListBody);
    }

    private async Task<IResult> GetAsync(string name, HttpContext http)
    {
        var adapter = await publisher.Find(Caller.TenantOf(http), name).Describe(http.RequestAborted);
        return Results.Json(AdapterBody.Of(adapter), OpenAiJson.Default.AdapterBody);
    }

    private async Task<IResult> DeleteAsync(string name, HttpContext http)
    {
        await publisher.Find(Caller.TenantOf(http), name).Delete(http.RequestAborted);
        return Results.Json(new DeletedBody(name), OpenAiJson.Default.DeletedBody);
    }

    private async Task<IResult> DescribeAsync(HttpContext http, string name, string version)
    {
        var adapter = await publisher.Find(Caller.TenantOf(http), name).Describe(http.RequestAborted);
        return Results.Json(new UploadedBody(version, AdapterBody.Of(adapter)), OpenAiJson.Default.UploadedBody);
    }

    // Absent: the default alias. Empty: none is moved.
    private static string? ReadAlias(IQueryCollection query) => Text(query, "alias") switch
    {
        null => IAdapterGrain.DefaultAlias,
        "" => null,
        var alias => alias,
    };

    private static AdapterSettings ReadSettings(IQueryCollection query) => new()
    {
        VisualHeads = Number(query, "visual_heads"),
        Template = Text(query, "template"),
        ChannelOrder = Text(query, "channel_order"),
        PromptLength = Number(query, "prompt_length"),
        Gate = Text(query, "gate"),
        PromptKv = Text(query, "prompt_kv"),
        ScaleOrder = Text(query, "scale_order"),
    };

    private static int? Number(IQueryCollection query, string name) => Text(query, name) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => number,
        _ => throw HerdException.Invalid(name, $"'{name}' must be a whole number of at least 1."),
    };

    private static string? Text(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
}
