using System.Collections.Frozen;
using Grpc.Core;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Errors;

/// <summary>The one table from error codes to what clients see.</summary>
internal static class ErrorTable
{
    private const string InvalidRequest = "invalid_request_error";
    private const string RateLimit = "rate_limit_error";
    private const string Quota = "insufficient_quota";
    private const string Server = "server_error";

    private static readonly FrozenDictionary<HerdErrorCode, ErrorForm> Forms = new Dictionary<HerdErrorCode, ErrorForm>
    {
        [HerdErrorCode.Internal] = new(StatusCode.Internal, "INTERNAL", 500, Server, "internal_error"),
        [HerdErrorCode.InvalidArgument] = new(StatusCode.InvalidArgument, "INVALID_ARGUMENT", 400, InvalidRequest, "invalid_value"),
        [HerdErrorCode.Unauthenticated] = new(StatusCode.Unauthenticated, "KEY_INVALID", 401, InvalidRequest, "invalid_api_key"),
        [HerdErrorCode.PermissionDenied] = new(StatusCode.PermissionDenied, "PERMISSION_DENIED", 403, InvalidRequest, "permission_denied"),
        [HerdErrorCode.NotFound] = new(StatusCode.NotFound, "NOT_FOUND", 404, InvalidRequest, "model_not_found"),
        [HerdErrorCode.AlreadyExists] = new(StatusCode.AlreadyExists, "ALREADY_EXISTS", 409, InvalidRequest, "already_exists"),
        [HerdErrorCode.Conflict] = new(StatusCode.FailedPrecondition, "CONFLICT", 409, InvalidRequest, "conflict"),
        [HerdErrorCode.ContextLengthExceeded] =
            new(StatusCode.InvalidArgument, "CONTEXT_LENGTH_EXCEEDED", 400, InvalidRequest, "context_length_exceeded"),
        [HerdErrorCode.LimitExceeded] = new(StatusCode.ResourceExhausted, "LIMIT_EXCEEDED", 429, RateLimit, "rate_limit_exceeded"),
        [HerdErrorCode.QuotaExceeded] = new(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", 429, Quota, Quota),
        [HerdErrorCode.Overloaded] = new(StatusCode.ResourceExhausted, "OVERLOADED", 429, RateLimit, "overloaded"),
        [HerdErrorCode.InvalidFile] = new(StatusCode.InvalidArgument, "FILE_INVALID", 400, InvalidRequest, "invalid_file"),
        [HerdErrorCode.IncompatibleAdapter] =
            new(StatusCode.FailedPrecondition, "ADAPTER_INCOMPATIBLE", 400, InvalidRequest, "incompatible_adapter"),
        [HerdErrorCode.InvalidPicture] = new(StatusCode.InvalidArgument, "PICTURE_INVALID", 400, InvalidRequest, "invalid_image"),
        [HerdErrorCode.NotResident] = new(StatusCode.Unavailable, "UNAVAILABLE", 503, Server, "unavailable"),
        [HerdErrorCode.Busy] = new(StatusCode.ResourceExhausted, "OVERLOADED", 429, RateLimit, "overloaded"),
        [HerdErrorCode.Draining] = new(StatusCode.Unavailable, "UNAVAILABLE", 503, Server, "unavailable"),
        [HerdErrorCode.Unavailable] = new(StatusCode.Unavailable, "UNAVAILABLE", 503, Server, "unavailable"),
        [HerdErrorCode.Restarted] = new(StatusCode.Aborted, "RESTARTED", 503, Server, "restarted"),
        [HerdErrorCode.Moved] = new(StatusCode.Unavailable, "UNAVAILABLE", 503, Server, "unavailable"),
        [HerdErrorCode.TooSlow] = new(StatusCode.DeadlineExceeded, "TOO_SLOW", 408, InvalidRequest, "too_slow"),
        [HerdErrorCode.Cancelled] = new(StatusCode.Cancelled, "CANCELLED", 499, InvalidRequest, "cancelled"),
    }.ToFrozenDictionary();

    /// <summary>A path, method or service that is not there.</summary>
    public static ErrorForm UnknownUrl { get; } = new(StatusCode.Unimplemented, "UNKNOWN_URL", 404, InvalidRequest, "unknown_url");

    /// <summary>A request body beyond its limit.</summary>
    public static ErrorForm BodyTooLarge { get; } = new(StatusCode.InvalidArgument, "BODY_TOO_LARGE", 413, InvalidRequest, "body_too_large");

    /// <summary>How an error looks.</summary>
    /// <param name="code">Its code.</param>
    /// <returns>The form.</returns>
    public static ErrorForm Of(HerdErrorCode code) => Forms[code];

    /// <summary>When to try again; every refusal for want of room says so.</summary>
    /// <param name="error">The error.</param>
    /// <returns>The delay, or null where trying again makes no sense.</returns>
    public static TimeSpan? RetryAfter(HerdException error) =>
        error.RetryAfter ?? (Of(error.Code).Http is 429 or 503 && error.Code != HerdErrorCode.QuotaExceeded ? TimeSpan.FromSeconds(1) : null);
}
