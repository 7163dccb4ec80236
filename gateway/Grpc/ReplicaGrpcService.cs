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
    private const string Tombstones = "tombstones";

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
        var after = PageToken.Read(request.PageToken, Moment.Read(request.Before, "before"), Tombstones) is { } token
            ? new TombstoneCursor(token.Moment, token.Names[0])
            : null;
        var count = PageSize.Read(request.PageSize);
        var found = await Directory.ListTombstones(after, count, context.CancellationToken);
        return new V1.ListTombstonesResponse
        {
            Tombstones = { found.Select(ModelMapping.ToProto) },
            NextPageToken = found.Length < count ? "" : new PageToken(found[^1].DeletedAt, found[^1].Id).Write(Tombstones),
        };
    }

    private ILeaseDirectoryGrain Directory => grains.GetGrain<ILeaseDirectoryGrain>(GrainKeys.LeaseDirectory);
}
