using System.Security.Cryptography;
using Herd.Contracts.Adapters;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
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
        var conversation = state.Conversation;
        var requestId = NewRequestId();
        var meter = await AdmitAsync(state, request, requestId, cancellationToken);
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
                HistoryFrom = state.History.From(state.Turns),
                CreatedAt = Columns.Now(time),
            };
            return (turn, ToGeneration(conversation, turn, version, requestId, meter));
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
        var requestId = NewRequestId();
        UsageMeter? meter = null;
        try
        {
            var request = new TurnRequest { TurnId = turn.TurnId, Text = turn.Text, Input = turn.Input, Sampling = turn.Sampling };
            meter = await AdmitAsync(state, request, requestId, cancellationToken);
        }
        catch (HerdException exception)
        {
            logger.LogInformation(exception, "A turn of tenant {Tenant} goes on beyond the tenant's limits.", conversation.Tenant);
        }

        return ToGeneration(conversation, turn, version, requestId, meter);
    }

    private static TurnGeneration ToGeneration(
        StoredConversation conversation, StoredTurn turn, AdapterVersion? version, string requestId, UsageMeter? meter) => new(
        new GenerateRequest
        {
            RequestId = requestId,
            Tenant = conversation.Tenant,
            Version = version,
            Prompt = TurnHistory.Empty.PromptFor(conversation, turn),
            Picture = turn.Picture,
            Sampling = turn.Sampling,
            Weight = meter?.Weight ?? 1,
        },
        meter);

    private static string NewRequestId() => Guid.NewGuid().ToString("N");

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

    private Task<UsageMeter> AdmitAsync(ConversationState state, TurnRequest request, string requestId, CancellationToken cancellationToken)
    {
        var tenant = grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(state.Conversation.Tenant));
        var history = state.History.Tokens;
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
