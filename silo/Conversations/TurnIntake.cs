using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Conversations;

/// <summary>Makes a durable turn of a request: its version fixed, its picture kept, its place among the tenant's taken.</summary>
internal sealed class TurnIntake(
    IGrainFactory grains, ConversationRepository conversations, TurnPictures pictures, TimeProvider time, ILogger<TurnIntake> logger)
{
    private const int MaxTurnIdLength = 128;

    /// <summary>Finds the version that a conversation's model names now; null for the bare base.</summary>
    /// <exception cref="HerdException">There is no such model.</exception>
    internal async Task<AdapterVersion?> ResolveAsync(string tenant, string model, CancellationToken cancellationToken)
    {
        var reference = ModelReference.Parse(model);
        return reference.Adapter is { } adapter
            ? await grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, adapter)).Resolve(reference.Version, cancellationToken)
            : null;
    }

    /// <summary>Asks the tenant to let the turn in, fixes the version and keeps the picture. Afterwards the turn is stored, or withdrawn.</summary>
    /// <exception cref="HerdException">The request is wrong, or the tenant is over a limit.</exception>
    internal async Task<(StoredTurn Turn, GenerateRequest Generation, UsageMeter Meter)> PrepareAsync(
        ConversationState state, TurnRequest request, CancellationToken cancellationToken)
    {
        RequireTurnId(request.TurnId);
        var conversation = state.Conversation;
        var requestId = Guid.NewGuid().ToString("N");
        var meter = await AdmitAsync(state, request, requestId, cancellationToken);
        try
        {
            var version = await ResolveAsync(conversation.Tenant, conversation.Model, cancellationToken);
            RefuseLogProbabilities(request.Sampling);
            var turn = new StoredTurn
            {
                TurnId = request.TurnId,
                Position = state.Turns.Count,
                State = TurnState.Running,
                Text = request.Text,
                Input = request.Input,
                Picture = request.Picture is { } sent ? await pictures.KeepAsync(sent, cancellationToken) : state.PictureInForce,
                VersionDigest = version?.Digest,
                Sampling = request.Sampling,
                CreatedAt = time.GetUtcNow(),
            };
            return (turn, new GenerateRequest
            {
                RequestId = requestId,
                Tenant = conversation.Tenant,
                Version = version,
                Prompt = state.PromptFor(turn),
                Picture = turn.Picture,
                Sampling = turn.Sampling,
                Weight = meter.Weight,
            }, meter);
        }
        catch
        {
            await meter.DisposeAsync();
            throw;
        }
    }

    /// <summary>A turn is stored without them, and whoever reads it again must see what the first reader saw.</summary>
    private static void RefuseLogProbabilities(SamplingParameters sampling)
    {
        if (sampling.LikeliestTokens is not null)
        {
            throw HerdException.Invalid("sampling.likeliest_tokens", "Turns report no log-probabilities. Leave 'likeliest_tokens' out, or use Generate.");
        }
    }

    /// <summary>Makes a prepared turn durable.</summary>
    /// <exception cref="HerdException">Whether the turn is stored is not known.</exception>
    internal async Task StoreAsync(StoredConversation conversation, StoredTurn turn, BlobRef? sentPicture, CancellationToken cancellationToken)
    {
        await conversations.AddTurnAsync(conversation, turn, cancellationToken);
        await pictures.RestoreAsync(sentPicture, cancellationToken);
    }

    private Task<UsageMeter> AdmitAsync(ConversationState state, TurnRequest request, string requestId, CancellationToken cancellationToken)
    {
        var tenant = grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(state.Conversation.Tenant));
        var history = state.Describe().HistoryTokens;
        var admission = new AdmissionRequest
        {
            RequestId = requestId,
            Pictures = request.Picture is null ? 0 : 1,
            PromptTokens = history + TokenEstimate.Of(new TurnPrompt([], history == 0 ? state.Conversation.System : null, request.Text, request.Input)),
            AnswerTokens = request.Sampling.MaxTokens ?? TokenEstimate.Answer,
            Fingerprint = $"{state.Conversation.Id}/{request.TurnId}",
        };
        return UsageMeter.AdmitAsync(tenant, admission, answersPerPrompt: 1, time, logger, cancellationToken);
    }

    private static void RequireTurnId(string turnId)
    {
        if (string.IsNullOrEmpty(turnId) || turnId.Length > MaxTurnIdLength || turnId.Any(char.IsControl))
        {
            throw HerdException.Invalid("turn_id", $"'turn_id' must be 1 to {MaxTurnIdLength} characters without control characters.");
        }
    }
}
