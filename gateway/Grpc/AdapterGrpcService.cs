using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Adapters;
using Herd.Gateway.Keys;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Adapters over gRPC.</summary>
internal sealed class AdapterGrpcService(IGrainFactory grains, AdapterPublisher publisher) : V1.AdapterService.AdapterServiceBase
{
    /// <summary>Largest message: a chunk of 1 MiB and its frame.</summary>
    public const int MaxMessageBytes = (1 << 20) + 1024;

    /// <inheritdoc/>
    public override async Task<V1.UploadAdapterResponse> UploadAdapter(
        IAsyncStreamReader<V1.UploadAdapterRequest> requestStream, ServerCallContext context)
    {
        var tenant = Caller.TenantOf(context.GetHttpContext());
        if (!await publisher.NewPace().WaitAsync(requestStream.MoveNext, context.CancellationToken) || requestStream.Current.Header is not { } header)
        {
            throw HerdException.Invalid("part", "The first message must be the header.");
        }

        var upload = new AdapterUpload(tenant, header.Name, ReadAlias(header), AdapterMapping.ToSettings(header.Settings));
        var version = await UploadStream.FeedAsync(
            requestStream,
            content => publisher.PublishAsync(upload, content, length: null, context.CancellationToken),
            context.CancellationToken);
        return new V1.UploadAdapterResponse { Version = version, Adapter = await DescribeAsync(context, header.Name) };
    }

    /// <inheritdoc/>
    public override Task<V1.Adapter> GetAdapter(V1.GetAdapterRequest request, ServerCallContext context) => DescribeAsync(context, request.Name);

    /// <inheritdoc/>
    public override async Task<V1.ListAdaptersResponse> ListAdapters(V1.ListAdaptersRequest request, ServerCallContext context)
    {
        var tenant = grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(Caller.TenantOf(context.GetHttpContext())));
        var adapters = await tenant.ListAdapters(context.CancellationToken);
        return new V1.ListAdaptersResponse { Adapters = { adapters.Select(AdapterMapping.ToProto) } };
    }

    /// <inheritdoc/>
    public override async Task<Empty> DeleteAdapter(V1.DeleteAdapterRequest request, ServerCallContext context)
    {
        await Find(context, request.Name).Delete(context.CancellationToken);
        return new Empty();
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> MoveAlias(V1.MoveAliasRequest request, ServerCallContext context)
    {
        var tenant = Caller.TenantOf(context.GetHttpContext());
        await publisher.MoveAliasAsync(tenant, request.Name, request.Alias, request.Version, context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> RollBack(V1.RollBackRequest request, ServerCallContext context)
    {
        await publisher.RollBackAsync(Caller.TenantOf(context.GetHttpContext()), request.Name, request.Alias, context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    private async Task<V1.Adapter> DescribeAsync(ServerCallContext context, string name) =>
        AdapterMapping.ToProto(await Find(context, name).Describe(context.CancellationToken));

    private IAdapterGrain Find(ServerCallContext context, string name) => publisher.Find(Caller.TenantOf(context.GetHttpContext()), name);

    private static string? ReadAlias(V1.UploadHeader header) =>
        !header.HasAlias ? IAdapterGrain.DefaultAlias : header.Alias.Length == 0 ? null : header.Alias;
}
