using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Errors;

/// <summary>Errors in gRPC's form, with the details of <c>google.rpc</c>.</summary>
internal static class GrpcErrors
{
    private const string Domain = "herd";
    private const string LimitKey = "limit";

    /// <summary>The exception that carries an error to the client.</summary>
    /// <param name="error">The error.</param>
    /// <returns>An exception with status, <c>ErrorInfo</c>, and <c>BadRequest</c> and <c>RetryInfo</c> where they apply.</returns>
    public static RpcException ToRpc(HerdException error)
    {
        var form = ErrorTable.Of(error.Code);
        var status = new Google.Rpc.Status { Code = (int)form.Grpc, Message = error.Message };
        var info = new ErrorInfo { Domain = Domain, Reason = form.Reason };
        if (error.Limit is { } limit)
        {
            info.Metadata.Add(LimitKey, limit);
        }

        if (error.ExcessTokens is { } excess)
        {
            info.Metadata.Add("excess_tokens", $"{excess}");
        }

        status.Details.Add(Any.Pack(info));
        if (error.Field is { } field)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = field, Description = error.Message };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }

        if (ErrorTable.RetryAfter(error) is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToRpcException();
    }
}
