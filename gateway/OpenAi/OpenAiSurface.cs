using Herd.Gateway.Errors;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;

namespace Herd.Gateway.OpenAi;

/// <summary>The OpenAI surface's paths.</summary>
internal static class OpenAiSurface
{
    /// <summary>Maps the paths.</summary>
    /// <param name="routes">Where to map them.</param>
    public static void MapOpenAi(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/chat/completions", (HttpContext http, AnswerEndpoints answers) => answers.ChatAsync(http));
        routes.MapPost("/v1/completions", (HttpContext http, AnswerEndpoints answers) => answers.PlainAsync(http));
        routes.MapGet("/v1/models", ListModelsAsync);
        routes.MapGet("/v1/models/{id}", GetModelAsync);
        routes.MapFallback("{*path}", ErrorWriter.WriteUnknownUrlAsync).AllowAnonymous();
    }

    private static async Task<IResult> ListModelsAsync(HttpContext http, ModelCatalog catalog, CancellationToken cancellationToken)
    {
        var tenant = Caller.TenantOf(http);
        var entries = await catalog.ListAsync(tenant, cancellationToken);
        return Results.Json(new ModelListBody([.. entries.Select(entry => ModelBody.Of(entry, tenant))]), OpenAiJson.Default.ModelListBody);
    }

    private static async Task<IResult> GetModelAsync(string id, HttpContext http, ModelCatalog catalog, CancellationToken cancellationToken)
    {
        var tenant = Caller.TenantOf(http);
        return Results.Json(ModelBody.Of(await catalog.GetAsync(tenant, id, cancellationToken), tenant), OpenAiJson.Default.ModelBody);
    }
}
