using System.Security.Cryptography;
using Herd.Contracts.Adapters;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Conversations;

/// <summary>Makes a durable turn of a request: its version fixed, its picture kept, its place among the tenant's taken.</summary>
internal sealed class TurnIntake(
    IGrainFactory grains, TurnRepository turns, TurnPictures pictures, TimeProvider time, ILogger<TurnIntake> logger)
{
    private const int MaxTurnIdLength = 128;

    /// <summary>Finds the version that a conversation's model names now; null for the bare base. All its turns fall on the same side of a canary.</summary>
    /// <exception cref="HerdException">There is no such model.</exception>
    internal async Task<AdapterVersion?> ResolveAsync(string tenant, string conversation, string model, CancellationToken cancellationToken)
    {
        var reference = ModelReference.Parse(model);
        return reference.Adapter is { } adapter
            ? await grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, adapter)).Resolve(reference.Version, conversation, cancellationToken)
            : null;
    }

    /// <summary>Takes the tenant's place, fixes the version and keeps the picture. Afterwards the turn is stored, or withdrawn.</summary>
    /// <exception cref="HerdException">The request is wrong, or the tenant has no place left.</exception>
    internal async Task<(StoredTurn Turn, TurnGeneration Generation)> PrepareAsync(
        ConversationState state, TurnRequest request, CancellationToken cancellationToken)
    {
        RequireTurnId(request.TurnId);
        RefuseLogProbabilities(request.Sampling);
        ExpertNames.Check(request.Experts ?? []);
        var conversation = state.Conversation;
        var createdAt = Columns.Now(time);
        var meter = await AdmitAsync(conversation.Tenant, AdmissionOf(state, request, state.Turns, createdAt), cancellationToken);
        try
        {
            var version = await ResolveAsync(conversation.Tenant, conversation.Id, conversation.Model, cancellationToken);
            var turn = new StoredTurn
            {
                TurnId = request.TurnId,
                Position = state.Turns,
                State = TurnState.Running,
                Text = request.Text,
                Input = request.Input,
                Picture = await pictures.FindAsync(conversation.Tenant, request, cancellationToken) ?? state.PictureInForce,
                VersionDigest = version?.Digest,

                // Drawn here and not by the replica: an answer that is made again must be the same.
                Sampling = request.Sampling with { Seed = request.Sampling.Seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) },
                Experts = request.Experts ?? version?.Experts ?? [],
                HistoryFrom = state.History.From(state.Turns),
                CreatedAt = createdAt,
            };
            return (turn, ToGeneration(conversation, turn, version, meter));
        }
        catch
        {
            await meter.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the request of a turn that another activation accepted. The turn was let in, so it goes on whatever the tenant's limits say now.</summary>
    /// <exception cref="HerdException">The version exists no more.</exception>
    internal async Task<TurnGeneration> ResumeAsync(ConversationState state, StoredTurn turn, CancellationToken cancellationToken)
    {
        var conversation = state.Conversation;
        var adapter = ModelReference.Parse(conversation.Model).Adapter;
        var version = turn.VersionDigest is { } digest
            ? await ResolveAsync(conversation.Tenant, conversation.Id, $"{adapter}@{ModelReference.DigestPrefix}{digest}", cancellationToken)
            : null;
        var request = new TurnRequest { TurnId = turn.TurnId, Text = turn.Text, Input = turn.Input, Sampling = turn.Sampling };
        var admission = AdmissionOf(state, request, turn.Position, turn.CreatedAt) with
        {
            Continues = TurnUsageId.BeginningOf(conversation, turn.Position, turn.CreatedAt),
        };
        var meter = await AdmitAsync(conversation.Tenant, admission, cancellationToken);
        meter.GoOnFrom(turn.Started is { } started ? new BegunAnswer(started, turn.AnswerIds) : null);
        return ToGeneration(conversation, turn, version, meter);
    }

    private static TurnGeneration ToGeneration(
        StoredConversation conversation, StoredTurn turn, AdapterVersion? version, UsageMeter meter) => new(
        new GenerateRequest
        {
            RequestId = Guid.NewGuid().ToString("N"),
            Tenant = conversation.Tenant,
            Version = version,
            Prompt = TurnHistory.Empty.PromptFor(conversation, turn),
            Picture = turn.Picture,
            Sampling = turn.Sampling,
            Weight = meter.Weight,
            Experts = turn.Experts,
        },
        meter);

    /// <summary>A turn is stored without them, and whoever reads it again must see what the first reader saw.</summary>
    private static void RefuseLogProbabilities(SamplingParameters sampling)
    {
        if (sampling.LikeliestTokens is not null)
        {
            throw HerdException.Invalid("sampling.likeliest_tokens", "Turns report no log-probabilities. Leave 'likeliest_tokens' out, or use Generate.");
        }
    }

    /// <summary>Makes a prepared turn durable.</summary>
    /// <param name="accepted">The conversation with the turn.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="request">What it was made of.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="HerdException">Whether the turn is stored is not known; it is not after QuotaExceeded, and where its picture is unknown.</exception>
    internal async Task StoreAsync(ConversationState accepted, StoredTurn turn, TurnRequest request, CancellationToken cancellationToken)
    {
        await turns.AddAsync(accepted, turn, request.Picture is not null || request.PictureDigest is not null, cancellationToken);
        if (!await pictures.IsKeptAsync(turn, request, cancellationToken))
        {
            await turns.RemoveAsync(accepted with { Turns = turn.Position }, turn, cancellationToken);
            throw TurnPictures.Unknown();
        }
    }

    private async Task<UsageMeter> AdmitAsync(string tenant, AdmissionRequest admission, CancellationToken cancellationToken)
    {
        var account = grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant));
        var meter = await UsageMeter.AdmitAsync(account, admission, answersPerPrompt: 1, time, logger, cancellationToken);
        meter.StayOpen();
        return meter;
    }

    private static AdmissionRequest AdmissionOf(ConversationState state, TurnRequest request, int position, DateTimeOffset createdAt)
    {
        var history = state.History.Tokens;
        return new AdmissionRequest
        {
            RequestId = TurnUsageId.Of(state.Conversation, position, createdAt),
            Pictures = request.Picture is null ? 0 : 1,
            PromptTokens = history + TokenEstimate.Of(new TurnPrompt([], history == 0 ? state.Conversation.System : null, request.Text, request.Input)),
            AnswerTokens = request.Sampling.MaxTokens ?? TokenEstimate.Answer,
            Fingerprint = $"{state.Conversation.Id}/{request.TurnId}",
        };
    }

    private static void RequireTurnId(string turnId)
    {
        if (string.IsNullOrEmpty(turnId) || turnId.Length > MaxTurnIdLength || turnId.Any(char.IsControl))
        {
            throw HerdException.Invalid("turn_id", $"'turn_id' must be 1 to {MaxTurnIdLength} characters without control characters.");
        }
    }
}
