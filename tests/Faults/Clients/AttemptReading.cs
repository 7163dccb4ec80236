using Google.Rpc;
using Grpc.Core;

namespace Herd.Faults.Clients;

/// <summary>A gateway refused over HTTP.</summary>
internal sealed class HttpRefusedException(int status, string code, string message, TimeSpan? retryAfter) : Exception($"{status} {code}: {message}")
{
    public string Code => code;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>What came is not what the interface promises.</summary>
internal sealed class AnswerUnreadableException(string message) : Exception(message);

/// <summary>Tells what a call that failed means for the client.</summary>
internal static class AttemptReading
{
    private static readonly HashSet<string> ComeAgain = ["UNAVAILABLE", "OVERLOADED", "LIMIT_EXCEEDED", "CONFLICT", "unavailable", "overloaded", "rate_limit_exceeded"];
    private static readonly HashSet<string> Internal = ["INTERNAL", "internal_error"];

    /// <returns>How it ended, in words too, and when to come again where that was said.</returns>
    public static (AttemptEnd End, string Words, TimeSpan? RetryAfter) Of(Exception exception) => exception switch
    {
        RpcException rpc => OfRpc(rpc),
        HttpRefusedException refused => (OfReason(refused.Code), refused.Message, refused.RetryAfter),
        AnswerUnreadableException or System.Text.Json.JsonException => (AttemptEnd.Broken, exception.Message, null),
        HttpRequestException or IOException => (AttemptEnd.Cut, WordsOf(exception), null),
        _ => (AttemptEnd.Broken, exception.ToString(), null),
    };

    private static (AttemptEnd End, string Words, TimeSpan? RetryAfter) OfRpc(RpcException rpc)
    {
        var status = rpc.GetRpcStatus();
        return status?.GetDetail<ErrorInfo>() is { } info
            ? (OfReason(info.Reason), $"{rpc.StatusCode} {info.Reason}: {rpc.Status.Detail}", status.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan())
            : (AttemptEnd.Cut, $"{rpc.StatusCode}: {rpc.Status.Detail}", null);
    }

    private static AttemptEnd OfReason(string reason) =>
        Internal.Contains(reason) ? AttemptEnd.Broken : ComeAgain.Contains(reason) ? AttemptEnd.Refused : AttemptEnd.Denied;

    private static string WordsOf(Exception exception) => exception.InnerException is { } inner ? $"{exception.Message} {inner.Message}" : exception.Message;
}
