using System.Text.Json;
using Google.Protobuf;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Errors;

/// <summary>Turns whatever was thrown into the error that the client sees.</summary>
internal static class ErrorTranslation
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The error behind an exception. What is not ours tells the client no details.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="caller">Cancelled where the client left.</param>
    /// <returns>The error.</returns>
    public static HerdException ToHerd(Exception exception, CancellationToken caller) => exception switch
    {
        // What fails because the client left is no fault of Herd's.
        _ when caller.IsCancellationRequested => new HerdException(HerdErrorCode.Cancelled, "The request was cancelled."),
        HerdException error => error,
        JsonException json => new HerdException(HerdErrorCode.InvalidArgument, $"The body is no valid JSON: {json.Message}"),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => new HerdException(HerdErrorCode.TooSlow, "The body came too slowly. Send the request again."),
        BadHttpRequestException bad => new HerdException(HerdErrorCode.InvalidArgument, bad.Message),
        InvalidProtocolBufferException message => new HerdException(HerdErrorCode.InvalidArgument, $"The message cannot be read: {message.Message}"),

        // Orleans also cancels calls by itself, where the silo is lost that knew the way.
        _ when exception.IsLoss() || exception is OperationCanceledException =>
            new HerdException(HerdErrorCode.Unavailable, "The cluster cannot serve the request now. Try again shortly.") { RetryAfter = RetryAfter },
        _ => new HerdException(HerdErrorCode.Internal, "An internal error occurred. The server's log has the details under the request's id."),
    };
}
