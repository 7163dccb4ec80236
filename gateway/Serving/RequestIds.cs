namespace Herd.Gateway.Serving;

/// <summary>Tells each client the name that its request has in the log.</summary>
internal static class RequestIds
{
    private const string Header = "x-request-id";

    /// <summary>Adds the name to the response.</summary>
    /// <param name="http">The request.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <returns>A task.</returns>
    public static Task TellAsync(HttpContext http, RequestDelegate next)
    {
        // At the last moment: an error handler clears what was set before.
        http.Response.OnStarting(() =>
        {
            http.Response.Headers[Header] = http.TraceIdentifier;
            return Task.CompletedTask;
        });
        return next(http);
    }
}
