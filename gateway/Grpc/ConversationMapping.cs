using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Maps conversations and turns to the public contract.</summary>
internal static class ConversationMapping
{
    /// <summary>A conversation.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <returns>The message.</returns>
    public static V1.Conversation ToProto(ConversationDescription conversation)
    {
        var message = new V1.Conversation
        {
            Id = conversation.Id,
            Model = conversation.Model,
            CreatedAt = Timestamp.FromDateTimeOffset(conversation.CreatedAt),
            Turns = conversation.Turns,
            HistoryTokens = conversation.HistoryTokens,
            Overflow = conversation.Overflow == ContextOverflow.DropOldest ? V1.ContextOverflow.DropOldest : V1.ContextOverflow.Refuse,
        };
        if (conversation.System is { } system)
        {
            message.System = system;
        }

        return message;
    }

    /// <summary>A turn.</summary>
    /// <param name="turn">The turn.</param>
    /// <returns>The message.</returns>
    public static V1.Turn ToProto(Turn turn)
    {
        var message = new V1.Turn
        {
            TurnId = turn.TurnId,
            Index = turn.Index,
            State = ToProto(turn.State),
            Text = turn.Text,
            PictureDigest = turn.PictureDigest ?? "",
            Answer = turn.Answer,
            Version = turn.VersionDigest ?? "",
            FinishReason = GenerationMapping.ToReason(turn.FinishReason),
            Usage = new V1.Usage { PromptTokens = turn.PromptTokens, CompletionTokens = turn.CompletionTokens },
            Error = turn.Error ?? "",
            CreatedAt = Timestamp.FromDateTimeOffset(turn.CreatedAt),
            HistoryFrom = turn.HistoryFrom,
            DroppedTurns = turn.DroppedTurns,
            Experts = { (turn.Experts ?? []).Select(ExpertMapping.ToProto) },
        };
        if (turn.Input is { } input)
        {
            message.Input = input;
        }

        return message;
    }

    /// <summary>An update of a turn.</summary>
    /// <param name="update">The update.</param>
    /// <returns>The message.</returns>
    public static V1.TurnUpdate ToProto(TurnUpdate update)
    {
        V1.TurnUpdate message = update switch
        {
            TurnAccepted accepted => new() { Accepted = ToProto(accepted.Turn) },
            TurnTokens tokens => new() { Tokens = GenerationMapping.ToTokens(tokens.FirstIndex, tokens.Ids, tokens.Text) },
            TurnFinished finished => new() { Finished = ToProto(finished.Turn) },
            AnswerRestarted => new() { Restarted = new V1.AnswerRestarted() },
            HistoryDropped dropped => new() { Dropped = new V1.HistoryDropped { Turns = dropped.Turns, HistoryFrom = dropped.HistoryFrom } },
            _ => throw new InvalidOperationException($"Unknown update {update.GetType().Name}."),
        };
        message.TurnId = update.Position.TurnId;
        message.NextIndex = update.Position.Index;
        if (update.Position.Hash is { } hash)
        {
            message.RunningHash = hash;
        }

        return message;
    }

    /// <summary>What a conversation does at the end of the context.</summary>
    /// <param name="overflow">The value.</param>
    /// <returns>The setting.</returns>
    /// <exception cref="HerdException">The value is unknown.</exception>
    public static ContextOverflow ToOverflow(V1.ContextOverflow overflow) => overflow switch
    {
        V1.ContextOverflow.Unspecified or V1.ContextOverflow.Refuse => ContextOverflow.Refuse,
        V1.ContextOverflow.DropOldest => ContextOverflow.DropOldest,
        _ => throw HerdException.Invalid("overflow", "'overflow' must be CONTEXT_OVERFLOW_REFUSE or CONTEXT_OVERFLOW_DROP_OLDEST."),
    };

    private static V1.TurnState ToProto(TurnState state) => state switch
    {
        TurnState.Running => V1.TurnState.Running,
        TurnState.Completed => V1.TurnState.Completed,
        TurnState.Cancelled => V1.TurnState.Cancelled,
        TurnState.Failed => V1.TurnState.Failed,
        _ => V1.TurnState.Unspecified,
    };
}
