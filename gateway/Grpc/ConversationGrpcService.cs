using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Gateway.Conversations;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Conversations over gRPC.</summary>
internal sealed class ConversationGrpcService(
    IGrainFactory grains,
    ModelResolver models,
    Pictures pictures,
    PromptLimits limits,
    ConversationPages pages,
    TurnStreams turns,
    DrainLimit drain,
    ReaderPatience patience)
    : V1.ConversationService.ConversationServiceBase
{
    /// <inheritdoc/>
    public override async Task<V1.Conversation> CreateConversation(V1.CreateConversationRequest request, ServerCallContext context)
    {
        var tenant = Caller.TenantOf(context.GetHttpContext());
        var id = request.Id.Length == 0 ? Guid.CreateVersion7().ToString("N") : GrainKeys.RequireName(request.Id, "id");
        limits.Check("system", request.System);
        await models.ResolveAsync(tenant, request.Model, id, context.CancellationToken);
        var create = new CreateConversation { Model = request.Model, System = request.HasSystem ? request.System : null, Overflow = ConversationMapping.ToOverflow(request.Overflow) };
        return ConversationMapping.ToProto(await Find(tenant, id).Create(create, context.CancellationToken));
    }

    /// <inheritdoc/>
    public override async Task<V1.Conversation> GetConversation(V1.GetConversationRequest request, ServerCallContext context) =>
        ConversationMapping.ToProto(await Find(context, request.Id).Describe(context.CancellationToken));

    /// <inheritdoc/>
    public override async Task<V1.ListConversationsResponse> ListConversations(V1.ListConversationsRequest request, ServerCallContext context)
    {
        var tenant = Caller.TenantOf(context.GetHttpContext());
        var page = await pages.ReadAsync(
            tenant, request.PageToken, Moment.Read(request.Before, "before"), PageSize.Read(request.PageSize), context.CancellationToken);
        return new V1.ListConversationsResponse
        {
            Conversations = { page.Conversations.Select(ConversationMapping.ToProto) },
            NextPageToken = page.NextPageToken ?? "",
        };
    }

    /// <inheritdoc/>
    public override async Task<Empty> DeleteConversation(V1.DeleteConversationRequest request, ServerCallContext context)
    {
        await Find(context, request.Id).Delete(context.CancellationToken);
        return new Empty();
    }

    /// <inheritdoc/>
    public override async Task RunTurn(V1.RunTurnRequest request, IServerStreamWriter<V1.TurnUpdate> responseStream, ServerCallContext context)
    {
        GrainKeys.RequireName(request.TurnId, "turn_id");
        limits.Check("text", request.Text, request.Input);
        var sampling = GenerationMapping.ToSampling(request.Sampling);
        SamplingSize.Check(sampling);
        ExpertNames.Check(request.Experts?.Names ?? []);
        var conversation = Find(context, request.ConversationId);
        var turn = new TurnRequest
        {
            TurnId = request.TurnId,
            Text = request.Text,
            Input = request.HasInput ? request.Input : null,
            PictureDigest = ReadDigest(request),
            Picture = await pictures.StoreAsync(request.Picture.Memory, context.CancellationToken),
            Sampling = sampling,
            Experts = ExpertMapping.ToNames(request.Experts),
        };
        try
        {
            await SendAsync(token => turns.RunAsync(conversation, turn, token), responseStream, context);
        }
        finally
        {
            // The conversation has a copy of its own since it accepted the turn.
            await pictures.RemoveAsync(turn.Picture);
        }
    }

    /// <inheritdoc/>
    public override Task ReadTurn(V1.ReadTurnRequest request, IServerStreamWriter<V1.TurnUpdate> responseStream, ServerCallContext context)
    {
        if (request.FromIndex < 0)
        {
            throw HerdException.Invalid("from_index", "'from_index' must be at least 0.");
        }

        var conversation = Find(context, request.ConversationId);
        var position = new AnswerPosition(RequireTurn(request.TurnId), request.FromIndex, request.HasRunningHash ? request.RunningHash : null);
        return SendAsync(token => turns.ReadAsync(conversation, position, token), responseStream, context);
    }

    /// <inheritdoc/>
    public override async Task ExportConversation(
        V1.ExportConversationRequest request, IServerStreamWriter<V1.ExportConversationResponse> responseStream, ServerCallContext context)
    {
        await foreach (var line in ConversationExport.ReadAsync(Find(context, request.Id), context.CancellationToken))
        {
            await patience.WriteAsync(responseStream, new V1.ExportConversationResponse { Line = line }, context);
        }
    }

    /// <inheritdoc/>
    public override async Task<Empty> CancelTurn(V1.CancelTurnRequest request, ServerCallContext context)
    {
        await Find(context, request.ConversationId).CancelTurn(RequireTurn(request.TurnId), context.CancellationToken);
        return new Empty();
    }

    /// <inheritdoc/>
    public override async Task<V1.ListTurnsResponse> ListTurns(V1.ListTurnsRequest request, ServerCallContext context)
    {
        if (request.FromIndex < 0)
        {
            throw HerdException.Invalid("from_index", "'from_index' must be at least 0.");
        }

        var conversation = Find(context, request.ConversationId);
        var turns = await conversation.ListTurns(request.FromIndex, PageSize.Read(request.PageSize), context.CancellationToken);
        return new V1.ListTurnsResponse { Turns = { turns.Select(ConversationMapping.ToProto) } };
    }

    private static string RequireTurn(string id) => GrainKeys.IsName(id) ? id : throw HerdException.NotFound($"Turn '{id}'");

    private static string? ReadDigest(V1.RunTurnRequest request)
    {
        if (request.PictureDigest.Length == 0)
        {
            return null;
        }

        return request.Picture.IsEmpty && Pictures.IsDigest(request.PictureDigest)
            ? request.PictureDigest
            : throw HerdException.Invalid("picture_digest", "'picture_digest' must be 64 of 0-9 and a-f, and stand instead of 'picture'.");
    }

    private IConversationGrain Find(ServerCallContext context, string id) => Find(Caller.TenantOf(context.GetHttpContext()), id);

    private IConversationGrain Find(string tenant, string id) => ConversationLookup.Find(grains, tenant, id);

    private async Task SendAsync(
        Func<CancellationToken, IAsyncEnumerable<TurnUpdate>> updates, IServerStreamWriter<V1.TurnUpdate> responseStream, ServerCallContext context)
    {
        await using var drained = new DrainedStream<TurnUpdate>([updates], drain, context.CancellationToken);
        await foreach (var update in drained.ReadAsync(context.CancellationToken))
        {
            await patience.WriteAsync(responseStream, ConversationMapping.ToProto(update), context);
        }
    }
}
