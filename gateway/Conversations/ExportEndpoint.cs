using System.Text;
using Herd.Gateway.Keys;

namespace Herd.Gateway.Conversations;

/// <summary>Exports over HTTP.</summary>
internal static class ExportEndpoint
{
    private const string ContentType = "application/x-ndjson";

    /// <summary>Maps the path.</summary>
    /// <param name="routes">Where to map it.</param>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(
        "/v1/conversations/{id}/export", (string id, HttpContext http, IGrainFactory grains) => WriteAsync(id, http, grains));

    private static async Task WriteAsync(string id, HttpContext http, IGrainFactory grains)
    {
        var conversation = ConversationLookup.Find(grains, Caller.TenantOf(http), id);

        // Whether there is such a conversation is known before anything is sent.
        await conversation.Describe(http.RequestAborted);
        http.Response.ContentType = ContentType;
        await foreach (var line in ConversationExport.ReadAsync(conversation, http.RequestAborted))
        {
            await http.Response.WriteAsync(line + "\n", Encoding.UTF8, http.RequestAborted);
        }
    }
}
