using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
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
        adapters.MapPut("/{name}/versions/{version}/experts", (string name, string version, HttpContext http, AdapterEndpoints endpoints) =>
            endpoints.SetExpertsAsync(name, version, http));
        adapters.MapDelete("/{name}", (string name, HttpContext http, AdapterEndpoints endpoints) => endpoints.DeleteAsync(name, http));
    }

    private async Task<IResult> UploadAsync(string name, HttpContext http)
    {
        // The publisher holds the limits on uploads; the server's own are for all other bodies.
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        http.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
        var upload = new AdapterUpload(Caller.TenantOf(http), name, ReadAlias(http.Request.Query), ReadSettings(http.Request.Query), ReadExperts(http.Request.Query));
        var version = await publisher.PublishAsync(upload, http.Request.Body, http.Request.ContentLength, http.RequestAborted);
        var adapter = await Find(http, name).Describe(http.RequestAborted);
        return Results.Json(new UploadedBody(version, AdapterBody.Of(adapter)), OpenAiJson.Default.UploadedBody);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var adapters = await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(Caller.TenantOf(http))).ListAdapters(http.RequestAborted);
        return Results.Json(new AdapterListBody([.. adapters.Select(AdapterBody.Of)]), OpenAiJson.Default.AdapterListBody);
    }

    private async Task<IResult> GetAsync(string name, HttpContext http)
    {
        var adapter = await Find(http, name).Describe(http.RequestAborted);
        return Results.Json(AdapterBody.Of(adapter), OpenAiJson.Default.AdapterBody);
    }

    private async Task<IResult> SetExpertsAsync(string name, string version, HttpContext http)
    {
        using var body = await JsonBody.ReadAsync(http);
        var experts = JsonFields.Of(body.RootElement).Texts("experts") ?? throw HerdException.Invalid("experts", "'experts' is missing.");
        ExpertNames.Check(experts);
        await Find(http, name).SetExperts(ModelReference.DigestOf(version) ?? version, experts, http.RequestAborted);
        return await GetAsync(name, http);
    }

    private async Task<IResult> DeleteAsync(string name, HttpContext http)
    {
        await Find(http, name).Delete(http.RequestAborted);
        return Results.Json(new DeletedBody(name), OpenAiJson.Default.DeletedBody);
    }

    private IAdapterGrain Find(HttpContext http, string name) => AdapterLookup.Find(grains, Caller.TenantOf(http), name);

    // Absent: the default alias. Empty: none is moved.
    private static string? ReadAlias(IQueryCollection query) => QueryFields.Text(query, "alias") switch
    {
        null => IAdapterGrain.DefaultAlias,
        "" => null,
        var alias => alias,
    };

    private static ImmutableArray<string>? ReadExperts(IQueryCollection query) => QueryFields.Text(query, "experts") switch
    {
        null => null,
        "" => [],
        var experts => [.. experts.Split(',')],
    };

    private static AdapterSettings ReadSettings(IQueryCollection query) => new()
    {
        VisualHeads = QueryFields.Number(query, "visual_heads"),
        Template = QueryFields.Text(query, "template"),
        ChannelOrder = QueryFields.Text(query, "channel_order"),
        PromptLength = QueryFields.Number(query, "prompt_length"),
        Gate = QueryFields.Text(query, "gate"),
        PromptKv = QueryFields.Text(query, "prompt_kv"),
        ScaleOrder = QueryFields.Text(query, "scale_order"),
    };
}
