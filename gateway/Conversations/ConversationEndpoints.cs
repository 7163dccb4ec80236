using System.Globalization;
using System.Text;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;

namespace Herd.Gateway.Conversations;

/// <summary>What is kept of conversations, over HTTP: listed, exported and deleted.</summary>
internal static class ConversationEndpoints
{
    private const string Lines = "application/x-ndjson";
    private const string Bytes = "application/octet-stream";

    /// <summary>Maps the paths.</summary>
    /// <param name="routes">Where to map them.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var conversations = routes.MapGroup("/v1/conversations");
        conversations.MapGet("/", (HttpContext http, ConversationPages pages) => ListAsync(http, pages));
        conversations.MapDelete("/{id}", (string id, HttpContext http, IGrainFactory grains) => DeleteAsync(id, http, grains));
        conversations.MapGet("/{id}/export", (string id, HttpContext http, IGrainFactory grains) => ExportAsync(id, http, grains));
        routes.MapGet("/v1/pictures/{digest}", (string digest, HttpContext http, IGrainFactory grains, IBlobStore blobs) => ReadPictureAsync(digest, http, grains, blobs));
    }

    private static async Task<IResult> ListAsync(HttpContext http, ConversationPages pages)
    {
        var query = http.Request.Query;
        var page = await pages.ReadAsync(Caller.TenantOf(http), query["page_token"], before: null, ReadLimit(query["limit"]), http.RequestAborted);
        var body = new ConversationListBody([.. page.Conversations.Select(ConversationBody.Of)], page.NextPageToken);
        return Results.Json(body, ConversationJson.Default.ConversationListBody);
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext http, IGrainFactory grains)
    {
        await ConversationLookup.Find(grains, Caller.TenantOf(http), id).Delete(http.RequestAborted);
        return Results.Json(new DeletedConversationBody(id), ConversationJson.Default.DeletedConversationBody);
    }

    private static async Task ExportAsync(string id, HttpContext http, IGrainFactory grains)
    {
        var conversation = ConversationLookup.Find(grains, Caller.TenantOf(http), id);

        // Whether there is such a conversation is known before anything is sent.
        await conversation.Describe(http.RequestAborted);
        http.Response.ContentType = Lines;
        await foreach (var line in ConversationExport.ReadAsync(conversation, http.RequestAborted))
        {
            await http.Response.WriteAsync(line + "\n", Encoding.UTF8, http.RequestAborted);
        }
    }

    private static async Task<IResult> ReadPictureAsync(string digest, HttpContext http, IGrainFactory grains, IBlobStore blobs)
    {
        var tenant = grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(Caller.TenantOf(http)));
        var found = Pictures.IsDigest(digest) ? await tenant.FindPicture(digest, http.RequestAborted) : null;
        var content = (found is null ? null : await blobs.OpenAsync(found, http.RequestAborted)) ?? throw HerdException.NotFound($"Picture '{digest}'");

        // A tenant's bytes are nothing that a browser should guess about.
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Stream(content, Bytes);
    }

    private static int ReadLimit(string? text) => PageSize.Read(
        string.IsNullOrEmpty(text) ? 0 : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue, "limit");
}
