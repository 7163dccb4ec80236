using System.Text.Json;
using Herd.Contracts.Training;
using Herd.Gateway.Keys;
using Herd.Gateway.OpenAi;
using Herd.Gateway.Serving;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Herd.Gateway.Training;

/// <summary>Training jobs over HTTP.</summary>
internal sealed class JobEndpoints(JobMaker maker, JobLists lists, JobWatch watch, IGrainFactory grains)
{
    private const string Lines = "application/x-ndjson";

    /// <summary>Maps the paths.</summary>
    /// <param name="routes">Where to map them.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/training/jobs");
        jobs.MapPost("/", (HttpContext http, JobEndpoints endpoints) => endpoints.CreateAsync(http));
        jobs.MapGet("/", (HttpContext http, JobEndpoints endpoints) => endpoints.ListAsync(http));
        jobs.MapGet("/{id}", (string id, HttpContext http, JobEndpoints endpoints) => endpoints.GetAsync(id, http));
        jobs.MapGet("/{id}/watch", (string id, HttpContext http, JobEndpoints endpoints) => endpoints.WatchAsync(id, http));
        jobs.MapPost("/{id}/cancel", (string id, HttpContext http, JobEndpoints endpoints) => endpoints.CancelAsync(id, http));
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        // The intake holds the limits on uploads; the server's own are for all other bodies.
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        http.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
        var job = await maker.MakeAsync(
            Caller.TenantOf(http), ReadSettings(http.Request.Query), http.Request.Body, http.Request.ContentLength, http.RequestAborted);
        return Json(job);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var count = PageSize.Read(QueryFields.Number(query, "limit") ?? 0, "limit");
        var page = await lists.ReadAsync(Caller.TenantOf(http), QueryFields.Text(query, "page_token"), count, http.RequestAborted);
        return Results.Json(new JobListBody([.. page.Jobs.Select(JobBody.Of)], page.NextPageToken), JobJson.Default.JobListBody);
    }

    private async Task<IResult> GetAsync(string id, HttpContext http) => Json(await Find(http, id).Describe(http.RequestAborted));

    private async Task<IResult> CancelAsync(string id, HttpContext http) => Json(await Find(http, id).Cancel(http.RequestAborted));

    private async Task WatchAsync(string id, HttpContext http)
    {
        // Whether there is such a job is known before anything is sent.
        await Find(http, id).Describe(http.RequestAborted);
        http.Response.ContentType = Lines;
        await foreach (var job in watch.ReadAsync(Caller.TenantOf(http), id, http.RequestAborted))
        {
            await http.Response.WriteAsync(JsonSerializer.Serialize(JobBody.Of(job), JobJson.Default.JobBody) + "\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }

    private ITrainingJobGrain Find(HttpContext http, string id) => JobLookup.Find(grains, Caller.TenantOf(http), id);

    private static IResult Json(TrainingJobDescription job) => Results.Json(JobBody.Of(job), JobJson.Default.JobBody);

    private static TrainingJobSettings ReadSettings(IQueryCollection query) => new()
    {
        Adapter = QueryFields.Text(query, "adapter") ?? "",
        Preset = QueryFields.Text(query, "preset") ?? "",
        Layout = QueryFields.Text(query, "layout"),
        Steps = QueryFields.LongNumber(query, "steps"),
        Passes = QueryFields.Real(query, "passes"),
        Rate = QueryFields.Real(query, "rate"),
        Batch = QueryFields.Number(query, "batch"),
        Seed = QueryFields.LongNumber(query, "seed") ?? 0,
        Alias = QueryFields.Text(query, "alias"),
        MinimumAccuracy = QueryFields.Real(query, "minimum_accuracy"),
        MovesUnchecked = QueryFields.Flag(query, "moves_unchecked"),
    };
}
