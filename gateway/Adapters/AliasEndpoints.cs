using Herd.Contracts.Errors;
using Herd.Gateway.Keys;
using Herd.Gateway.OpenAi;
using Herd.Gateway.Serving;

namespace Herd.Gateway.Adapters;

/// <summary>Aliases over HTTP.</summary>
internal sealed class AliasEndpoints(AliasMover aliases, IGrainFactory grains)
{
    /// <summary>Maps the paths.</summary>
    /// <param name="routes">Where to map them.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var alias = routes.MapGroup("/v1/adapters/{name}/aliases/{alias}");
        alias.MapPost("/", (string name, string alias, HttpContext http, AliasEndpoints endpoints) => endpoints.MoveAsync(Named(http, name, alias), http));
        alias.MapPost("/rollback", (string name, string alias, HttpContext http, AliasEndpoints endpoints) =>
            endpoints.ChangeAsync(Named(http, name, alias), endpoints.Aliases.RollBackAsync, http));
        alias.MapGet("/history", (string name, string alias, HttpContext http, AliasEndpoints endpoints) => endpoints.ListAsync(Named(http, name, alias), http));
        alias.MapPut("/canary", (string name, string alias, HttpContext http, AliasEndpoints endpoints) => endpoints.SetCanaryAsync(Named(http, name, alias), http));
        alias.MapDelete("/canary", (string name, string alias, HttpContext http, AliasEndpoints endpoints) =>
            endpoints.ChangeAsync(Named(http, name, alias), endpoints.Aliases.AbortCanaryAsync, http));
        alias.MapPost("/canary/promote", (string name, string alias, HttpContext http, AliasEndpoints endpoints) =>
            endpoints.ChangeAsync(Named(http, name, alias), endpoints.Aliases.PromoteCanaryAsync, http));
    }

    private AliasMover Aliases => aliases;

    private async Task<IResult> MoveAsync(NamedAlias alias, HttpContext http)
    {
        using var body = await JsonBody.ReadAsync(http);
        var version = JsonFields.Of(body.RootElement).RequireText("version");
        return await ChangeAsync(alias, (named, token) => aliases.MoveAsync(named, version, token), http);
    }

    private async Task<IResult> SetCanaryAsync(NamedAlias alias, HttpContext http)
    {
        using var body = await JsonBody.ReadAsync(http);
        var fields = JsonFields.Of(body.RootElement);
        var version = fields.RequireText("version");
        var share = fields.Integer("share") ?? throw HerdException.Invalid("share", "'share' is missing.");
        return await ChangeAsync(alias, (named, token) => aliases.SetCanaryAsync(named, version, share, token), http);
    }

    private async Task<IResult> ListAsync(NamedAlias alias, HttpContext http)
    {
        var query = http.Request.Query;
        var page = await aliases.ListAsync(alias, QueryFields.Number(query, "before"), PageSize.Read(QueryFields.Number(query, "page_size") ?? 0), http.RequestAborted);
        return Results.Json(AliasHistoryBody.Of(page), OpenAiJson.Default.AliasHistoryBody);
    }

    private async Task<IResult> ChangeAsync(NamedAlias alias, Func<NamedAlias, CancellationToken, Task<string>> change, HttpContext http)
    {
        var version = await change(alias, http.RequestAborted);
        var adapter = await AdapterLookup.Find(grains, alias.Tenant, alias.Adapter).Describe(http.RequestAborted);
        return Results.Json(new UploadedBody(version, AdapterBody.Of(adapter)), OpenAiJson.Default.UploadedBody);
    }

    private static NamedAlias Named(HttpContext http, string name, string alias) => new(Caller.TenantOf(http), name, alias);
}
