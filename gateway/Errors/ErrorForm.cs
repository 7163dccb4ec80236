using Grpc.Core;

namespace Herd.Gateway.Errors;

/// <summary>How one kind of error looks on each wire.</summary>
/// <param name="Grpc">The gRPC status.</param>
/// <param name="Reason">The stable reason in <c>google.rpc.ErrorInfo</c>.</param>
/// <param name="Http">The HTTP status.</param>
/// <param name="Type">The OpenAI error's <c>type</c>.</param>
/// <param name="Code">The OpenAI error's <c>code</c>.</param>
internal sealed record ErrorForm(StatusCode Grpc, string Reason, int Http, string Type, string Code);
