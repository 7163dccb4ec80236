using Grpc.Core;
using Grpc.Core.Interceptors;
using Herd.Contracts.Errors;
using Herd.Gateway.Errors;

namespace Herd.Gateway.Grpc;

/// <summary>Ends a failed call with the status that the error table gives it.</summary>
internal sealed class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(request, context));

    /// <inheritdoc/>
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(requestStream, context));

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) => RunAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    private async Task<T> RunAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            var error = ErrorTranslation.ToHerd(exception, context.CancellationToken);
            if (error.Code == HerdErrorCode.Internal)
            {
                logger.LogError(exception, "Call {Method} failed; request {RequestId}.", context.Method, context.GetHttpContext().TraceIdentifier);
            }

            throw GrpcErrors.ToRpc(error);
        }
    }
}
