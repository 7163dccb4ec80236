using Grpc.Core;
using Herd.Contracts.Adapters;
using Herd.Contracts.Keys;
using Herd.Contracts.Routing;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using Microsoft.AspNetCore.Authorization;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>The replicas, for the administrator.</summary>
[Authorize(Caller.AdminPolicy)]
internal sealed class ReplicaGrpcService(RoutingTable routes, IGrainFactory grains) : V1.ReplicaService.ReplicaServiceBase
{
    /// <inheritdoc/>
    public override Task<V1.ListReplicasResponse> ListReplicas(V1.ListReplicasRequest request, ServerCallContext context) =>
        Task.FromResult(new V1.ListReplicasResponse { Replicas = { routes.Replicas.Select(ModelMapping.ToProto) } });

    /// <inheritdoc/>
    public override async Task<V1.ListLeasesResponse> ListLeases(V1.ListLeasesRequest request, ServerCallContext context)
    {
        var leases = await Directory.ListLeases(context.CancellationToken);
        return new V1.ListLeasesResponse { Leases = { leases.Select(ModelMapping.ToProto) } };
    }

    /// <inheritdoc/>
    public override async Task<V1.ListTombstonesResponse> ListTombstones(V1.ListTombstonesRequest request, ServerCallContext context)
    {
        var tombstones = await Directory.ListTombstones(request.Before?.ToDateTimeOffset(), PageSize.Read(request.PageSize), context.CancellationToken);
        return new V1.ListTombstonesResponse { Tombstones = { tombstones.Select(ModelMapping.ToProto) } };
    }

    private ILeaseDirectoryGrain Directory => grains.GetGrain<ILeaseDirectoryGrain>(GrainKeys.LeaseDirectory);
}
