using System.Globalization;
using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Gateway.Admin;
using Herd.Gateway.OpenAi;
using Microsoft.AspNetCore.Diagnostics;

namespace Herd.Gateway.Errors;

/// <summary>Answers a request with an error: in gRPC's form where gRPC asked, in OpenAI's otherwise.</summary>
internal sealed class ErrorWriter(ILogger<ErrorWriter> logger) : IExceptionHandler
{
    // Read by the official clients beside the standard header, which tells whole seconds.
    private const string RetryAfterMilliseconds = "retry-after-ms";
    private const string ShouldRetry = "x-should-retry";
    private const string GrpcContent = "application/grpc";

    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } tooLarge)
        {
            await WriteAsync(httpContext, ErrorTable.BodyTooLarge, tooLarge.Message);
            return true;
        }

        var error = ErrorTranslation.ToHerd(exception, httpContext.RequestAborted);
        if (error.Code == HerdErrorCode.Internal)
        {
            logger.LogError(exception, "Request {RequestId} failed.", httpContext.TraceIdentifier);
        }

        await WriteAsync(httpContext, error);
        return true;
    }

    /// <summary>Writes an error as the whole response.</summary>
    /// <param name="http">The request; its response must not have begun.</param>
    /// <param name="error">The error.</param>
    /// <returns>A task.</returns>
    public static Task WriteAsync(HttpContext http, HerdException error)
    {
        if (IsGrpc(http.Request))
        {
            return WriteGrpcAsync(http.Response, GrpcErrors.ToRpc(error));
        }

        if (error.Code == HerdErrorCode.QuotaExceeded)
        {
            // The official clients send every 429 again by themselves, which would be in vain.
            http.Response.Headers[ShouldRetry] = "false";
        }

        return WriteHttpAsync(http, ErrorTable.Of(error.Code), error.Message, error.Field ?? error.Limit, ErrorTable.RetryAfter(error));
    }

    /// <summary>Answers a path that is not there.</summary>
    /// <param name="http">The request.</param>
    /// <returns>A task.</returns>
    public static Task WriteUnknownUrlAsync(HttpContext http) =>
        WriteAsync(http, ErrorTable.UnknownUrl, $"Unknown request URL: {http.Request.Method} {http.Request.Path}.");

    private static Task WriteAsync(HttpContext http, ErrorForm form, string message) => IsGrpc(http.Request)
        ? WriteGrpcAsync(http.Response, GrpcErrors.ToRpc(form, message))
        : WriteHttpAsync(http, form, message, null, null);

    private static async Task WriteHttpAsync(HttpContext http, ErrorForm form, string message, string? field, TimeSpan? retryAfter)
    {
        http.Response.StatusCode = form.Http;
        if (retryAfter is { } delay)
        {
            http.Response.Headers[RetryAfterMilliseconds] = Math.Ceiling(delay.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (form.Http == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = AdminListener.Has(http) ? "Basic realm=\"Herd\"" : "Bearer";
        }

        await http.Response.WriteAsJsonAsync(OpenAiErrorBody.Of(form, message, field), OpenAiJson.Default.OpenAiErrorBody, null, http.RequestAborted);
    }

    // A response of headers alone: what gRPC makes of an error that comes before any message.
    private static Task WriteGrpcAsync(HttpResponse response, RpcException error)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcContent;
        GrpcErrors.Write(error, response.Headers);
        return Task.CompletedTask;
    }

    private static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol) && request.ContentType?.StartsWith(GrpcContent, StringComparison.OrdinalIgnoreCase) == true;
}
