using System.Text.Json;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads request bodies as JSON.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Reads a body.</summary>
    /// <param name="http">The request.</param>
    /// <returns>The document; the caller disposes of it.</returns>
    /// <exception cref="JsonException">It is no JSON, too deep, or has a key twice.</exception>
    public static Task<JsonDocument> ReadAsync(HttpContext http) => JsonDocument.ParseAsync(http.Request.Body, Strict, http.RequestAborted);
}
