using Herd.Contracts.Errors;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Serving;

/// <summary>Gives up clients that take nothing of their stream. Over HTTP/2 the server itself waits for them without end: they answer its pings.</summary>
internal sealed class ReaderPatience(IOptions<GatewayOptions> options, TimeProvider time, ILogger<ReaderPatience> logger)
{
    /// <summary>Waits until a client has room for what is sent to it.</summary>
    /// <param name="sending">The sending.</param>
    /// <param name="http">The client's request.</param>
    /// <returns>A task.</returns>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.TooSlow"/>: it took nothing for too long, and its request is aborted.</exception>
    public async Task WaitAsync(Task sending, HttpContext http)
    {
        try
        {
            await sending.WaitAsync(options.Value.ReaderPatience, time);
        }
        catch (TimeoutException) when (!sending.IsCompleted)
        {
            logger.LogInformation("The stream of request {RequestId} was ended: its reader took nothing of it.", http.TraceIdentifier);
            http.Abort();
            throw new HerdException(HerdErrorCode.TooSlow, "The stream was ended: its reader took nothing of it.");
        }
    }
}
