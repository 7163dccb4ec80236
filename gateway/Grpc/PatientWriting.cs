using Grpc.Core;
using Herd.Gateway.Serving;

namespace Herd.Gateway.Grpc;

/// <summary>Writes to clients that may take nothing.</summary>
internal static class PatientWriting
{
    /// <summary>Sends a message.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="patience">How long the client may take nothing.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="message">What is sent.</param>
    /// <param name="context">The call.</param>
    /// <returns>A task.</returns>
    public static Task WriteAsync<T>(this ReaderPatience patience, IServerStreamWriter<T> stream, T message, ServerCallContext context) =>
        patience.WaitAsync(stream.WriteAsync(message, context.CancellationToken), context.GetHttpContext());
}
