using Grpc.Core;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>What a tenant can name as a model, over gRPC.</summary>
internal sealed class ModelGrpcService(ModelCatalog catalog) : V1.ModelService.ModelServiceBase
{
    /// <inheritdoc/>
    public override async Task<V1.ListModelsResponse> ListModels(V1.ListModelsRequest request, ServerCallContext context)
    {
        var entries = await catalog.ListAsync(Caller.TenantOf(context.GetHttpContext()), context.CancellationToken);
        var served = catalog.Base;
        return new V1.ListModelsResponse { Models = { entries.Select(entry => ModelMapping.ToProto(entry, served)) } };
    }

    /// <inheritdoc/>
    public override async Task<V1.Model> GetModel(V1.GetModelRequest request, ServerCallContext context) => ModelMapping.ToProto(
        await catalog.GetAsync(Caller.TenantOf(context.GetHttpContext()), request.Id, context.CancellationToken), catalog.Base);
}
