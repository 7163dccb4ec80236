using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Errors;

/// <summary>Errors in gRPC's form, with the details of <c>google.rpc</c>.</summary>
internal static class GrpcErrors
{
    /// <summary>The header that holds a failed call's details.</summary>
    public const string DetailsHeader = "grpc-status-details-bin";

    private const string Domain = "herd";
    private const string LimitKey = "limit";

    /// <summary>The exception that carries an error to the client.</summary>
    /// <param name="error">The error.</param>
    /// <returns>An exception with status, <c>ErrorInfo</c>, and <c>BadRequest</c> and <c>RetryInfo</c> where they apply.</returns>
    public static RpcException ToRpc(HerdException error)
    {
        var message = ErrorText.Bound(error.Message);
        var status = StatusOf(ErrorTable.Of(error.Code), message, InfoOf(error));
        if (error.Field is { } field)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = field, Description = message };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }

        if (ErrorTable.RetryAfter(error) is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToRpcException();
    }

    /// <summary>The exception that carries an error of the table alone.</summary>
    /// <param name="form">Its form.</param>
    /// <param name="message">Its message.</param>
    /// <returns>An exception with status and <c>ErrorInfo</c>.</returns>
    public static RpcException ToRpc(ErrorForm form, string message) => StatusOf(form, ErrorText.Bound(message), new ErrorInfo()).ToRpcException();

    /// <summary>Writes an error where a call's status stands.</summary>
    /// <param name="error">The error.</param>
    /// <param name="destination">Headers or trailers.</param>
    public static void Write(RpcException error, IHeaderDictionary destination)
    {
        destination["grpc-status"] = ((int)error.StatusCode).ToString(CultureInfo.InvariantCulture);
        destination["grpc-message"] = Uri.EscapeDataString(error.Status.Detail);
        destination[DetailsHeader] = Convert.ToBase64String(error.GetRpcStatus()!.ToByteArray());
    }

    private static Google.Rpc.Status StatusOf(ErrorForm form, string message, ErrorInfo info)
    {
        (info.Domain, info.Reason) = (Domain, form.Reason);
        return new Google.Rpc.Status { Code = (int)form.Grpc, Message = message, Details = { Any.Pack(info) } };
    }

    private static ErrorInfo InfoOf(HerdException error)
    {
        var info = new ErrorInfo();
        if (error.Limit is { } limit)
        {
            info.Metadata.Add(LimitKey, limit);
        }

        if (error.ExcessTokens is { } excess)
        {
            info.Metadata.Add("excess_tokens", $"{excess}");
        }

        return info;
    }
}
