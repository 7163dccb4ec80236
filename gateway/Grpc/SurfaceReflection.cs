using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Tells tools of the services at the port that they ask at, and of no others.</summary>
internal sealed class SurfaceReflection : ServerReflection.ServerReflectionBase
{
    private static readonly ReflectionV1ServiceImpl Tenants = new(SurfaceServices.Tenants);
    private static readonly ReflectionV1ServiceImpl Admin = new(SurfaceServices.Admin);

    /// <inheritdoc/>
    public override Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context) =>
        SurfaceServices.Choose(context.GetHttpContext(), Tenants, Admin).ServerReflectionInfo(requestStream, responseStream, context);
}
