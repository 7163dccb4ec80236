using System.Text.Json;
using System.Text.Unicode;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads request bodies as JSON.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <summary>Reads a body.</summary>
    /// <param name="http">The request.</param>
    /// <returns>The document; the caller disposes of it.</returns>
    /// <exception cref="JsonException">It is no Unicode, no JSON, too deep, or has a key twice.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await ReadAsync(http, body);
        var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);

        // The parser looks at texts only when they are asked for, and at most names never.
        if (!Utf8.IsValid(bytes.Span))
        {
            throw new JsonException("It is not UTF-8.");
        }

        try
        {
            return JsonDocument.Parse(bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes, Strict);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("A name in it holds half a surrogate pair.", exception);
        }
    }

    private static async Task ReadAsync(HttpContext http, MemoryStream body)
    {
        try
        {
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            // The server tells some broken bodies as if the wire were broken.
            throw new BadHttpRequestException(exception.Message, exception);
        }
    }
}
