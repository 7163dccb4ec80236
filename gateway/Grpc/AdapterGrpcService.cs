using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Adapters;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using Herd.Gateway.Uploads;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Adapters over gRPC.</summary>
internal sealed class AdapterGrpcService(IGrainFactory grains, AdapterPublisher publisher, UploadIntake uploads, AliasMover aliases) : V1.AdapterService.AdapterServiceBase
{
    /// <summary>Largest message: a chunk of 1 MiB and its frame.</summary>
    public const int MaxMessageBytes = (1 << 20) + 1024;

    /// <inheritdoc/>
    public override async Task<V1.UploadAdapterResponse> UploadAdapter(
        IAsyncStreamReader<V1.UploadAdapterRequest> requestStream, ServerCallContext context)
    {
        var tenant = Caller.TenantOf(context.GetHttpContext());
        if (!await uploads.NewPace().WaitAsync(requestStream.MoveNext, context.CancellationToken) || requestStream.Current.Header is not { } header)
        {
            throw HerdException.Invalid("part", "The first message must be the header.");
        }

        var upload = new AdapterUpload(tenant, header.Name, ReadAlias(header), AdapterMapping.ToSettings(header.Settings), ExpertMapping.ToNames(header.Experts));
        var version = await UploadStream.FeedAsync(
            requestStream,
            message => message.PartCase == V1.UploadAdapterRequest.PartOneofCase.Chunk ? message.Chunk : null,
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
    public override async Task<V1.Adapter> SetExperts(V1.SetExpertsRequest request, ServerCallContext context)
    {
        ExpertNames.Check(request.Experts);
        await Find(context, request.Name).SetExperts(ModelReference.DigestOf(request.Version) ?? request.Version, [.. request.Experts], context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> MoveAlias(V1.MoveAliasRequest request, ServerCallContext context)
    {
        await aliases.MoveAsync(Named(context, request.Name, request.Alias), request.Version, context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> RollBack(V1.RollBackRequest request, ServerCallContext context)
    {
        await aliases.RollBackAsync(Named(context, request.Name, request.Alias), context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> SetCanary(V1.SetCanaryRequest request, ServerCallContext context)
    {
        await aliases.SetCanaryAsync(Named(context, request.Name, request.Alias), request.Version, request.Share, context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> PromoteCanary(V1.PromoteCanaryRequest request, ServerCallContext context)
    {
        await aliases.PromoteCanaryAsync(Named(context, request.Name, request.Alias), context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.Adapter> AbortCanary(V1.AbortCanaryRequest request, ServerCallContext context)
    {
        await aliases.AbortCanaryAsync(Named(context, request.Name, request.Alias), context.CancellationToken);
        return await DescribeAsync(context, request.Name);
    }

    /// <inheritdoc/>
    public override async Task<V1.ListAliasMovesResponse> ListAliasMoves(V1.ListAliasMovesRequest request, ServerCallContext context)
    {
        if (request.Before < 0)
        {
            throw HerdException.Invalid("before", "'before' must be at least 1, or 0 for the newest.");
        }

        var alias = Named(context, request.Name, request.Alias);
        var page = await aliases.ListAsync(alias, request.Before == 0 ? null : request.Before, PageSize.Read(request.PageSize), context.CancellationToken);
        return new V1.ListAliasMovesResponse { Moves = { page.Moves.Select(AdapterMapping.ToProto) }, HasMore = page.HasMore };
    }

    private async Task<V1.Adapter> DescribeAsync(ServerCallContext context, string name) =>
        AdapterMapping.ToProto(await Find(context, name).Describe(context.CancellationToken));

    private IAdapterGrain Find(ServerCallContext context, string name) =>
        AdapterLookup.Find(grains, Caller.TenantOf(context.GetHttpContext()), name);

    private static NamedAlias Named(ServerCallContext context, string name, string alias) => new(Caller.TenantOf(context.GetHttpContext()), name, alias);

    private static string? ReadAlias(V1.UploadHeader header) =>
        !header.HasAlias ? IAdapterGrain.DefaultAlias : header.Alias.Length == 0 ? null : header.Alias;
}
