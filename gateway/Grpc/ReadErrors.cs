using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Gateway.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace Herd.Gateway.Grpc;

/// <summary>Gives the errors that gRPC finds itself, such as a message that cannot be read, the form of all others.</summary>
internal static class ReadErrors
{
    /// <summary>Adds to a failed call's status what is missing there.</summary>
    /// <param name="http">The call.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <returns>A task.</returns>
    public static async Task DescribeAsync(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Features.Get<IServerCallContextFeature>() is not { ServerCallContext.Status: var status } || http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var trailers = http.Response.HasStarted ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : http.Response.Headers;
        if (!trailers.IsReadOnly && !trailers.ContainsKey(GrpcErrors.DetailsHeader) && ErrorOf(status) is { } error)
        {
            GrpcErrors.Write(error, trailers);
        }
    }

    private static RpcException? ErrorOf(Status status) => status switch
    {
        // Those who wait for it have gone.
        { StatusCode: StatusCode.OK or StatusCode.Cancelled or StatusCode.DeadlineExceeded } => null,
        { DebugException: BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } } or { StatusCode: StatusCode.ResourceExhausted } => TooLarge(),
        { DebugException: InvalidProtocolBufferException or BadHttpRequestException } => GrpcErrors.ToRpc(ErrorTranslation.ToHerd(status.DebugException, CancellationToken.None)),

        // A length of more than 31 bits is no message's.
        { DebugException: IOException } => TooLarge(),
        { StatusCode: StatusCode.Unimplemented } => GrpcErrors.ToRpc(ErrorTable.UnknownUrl, status.Detail),
        { StatusCode: StatusCode.NotFound } => GrpcErrors.ToRpc(new HerdException(HerdErrorCode.NotFound, status.Detail)),
        _ => GrpcErrors.ToRpc(new HerdException(HerdErrorCode.InvalidArgument, $"The message cannot be read. {status.DebugException?.Message ?? status.Detail}")),
    };

    private static RpcException TooLarge() => GrpcErrors.ToRpc(ErrorTable.BodyTooLarge, "The message is larger than allowed.");
}
