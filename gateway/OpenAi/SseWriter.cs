using System.Buffers;
using System.IO.Pipelines;
using Herd.Gateway.Serving;

namespace Herd.Gateway.OpenAi;

/// <summary>Writes a response as server-sent events: frames of <c>data: json</c>.</summary>
internal sealed class SseWriter(HttpResponse response, ReaderPatience patience, CancellationToken cancellationToken)
{
    private readonly PipeWriter _body = response.BodyWriter;

    /// <summary>Sends the headers; from here on errors are frames.</summary>
    /// <returns>A task.</returns>
    public Task BeginAsync()
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";

        // Proxies that would hold the stream back are asked not to.
        response.Headers["X-Accel-Buffering"] = "no";
        return response.StartAsync(cancellationToken);
    }

    /// <summary>Sends a frame.</summary>
    /// <param name="json">Its data, one line.</param>
    /// <returns>A task.</returns>
    public async Task WriteAsync(ReadOnlyMemory<byte> json)
    {
        _body.Write("data: "u8);
        _body.Write(json.Span);
        _body.Write("\n\n"u8);
        await patience.WaitAsync(_body.FlushAsync(cancellationToken).AsTask(), response.HttpContext);
    }

    /// <summary>Sends the frame that ends a complete stream.</summary>
    /// <returns>A task.</returns>
    public Task EndAsync() => WriteAsync("[DONE]"u8.ToArray());
}
