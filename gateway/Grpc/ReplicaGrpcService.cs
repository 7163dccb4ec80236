using Grpc.Core;
using Herd.Contracts.Routing;
using Herd.Gateway.Keys;
using Microsoft.AspNetCore.Authorization;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>The replicas, for the administrator.</summary>
[Authorize(Caller.AdminPolicy)]
internal sealed class ReplicaGrpcService(RoutingTable routes) : V1.ReplicaService.ReplicaServiceBase
{
    /// <inheritdoc/>
    public override Task<V1.ListReplicasResponse> ListReplicas(V1.ListReplicasRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.ListReplicasResponse { Replicas = { routes.Replicas.Select(ModelMapping.ToProto) } });
}
