using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1Alpha;

namespace Herd.Gateway.Grpc;

/// <summary>The same as <see cref="SurfaceReflection"/>, for tools that know the protocol of before its first version.</summary>
internal sealed class SurfaceReflectionAlpha : ServerReflection.ServerReflectionBase
{
    private static readonly ReflectionServiceImpl Tenants = new(SurfaceServices.Tenants);
    private static readonly ReflectionServiceImpl Admin = new(SurfaceServices.Admin);

    /// <inheritdoc/>
    public override Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context) =>
        SurfaceServices.Choose(context.GetHttpContext(), Tenants, Admin).ServerReflectionInfo(requestStream, responseStream, context);
}
