using Herd.Contracts.Errors;
using Microsoft.AspNetCore.Authorization;

namespace Herd.Gateway.Hosting;

/// <summary>Keeps out what needs the cluster for as long as the gateway looks for it.</summary>
internal static class StartGate
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Refuses a request that needs a key before the gateway has started; all others ask for its health.</summary>
    /// <param name="http">The request.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <returns>A task.</returns>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Unavailable"/>: it has not.</exception>
    public static Task WaitAsync(HttpContext http, RequestDelegate next)
    {
        var started = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted;
        return started.IsCancellationRequested || http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            ? next(http)
            : throw new HerdException(HerdErrorCode.Unavailable, "The gateway is looking for its cluster. Try again shortly.") { RetryAfter = RetryAfter };
    }
}
