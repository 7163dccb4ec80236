using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Conversations;
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
    public static V1.TurnUpdate ToProto(TurnUpdate update) => update switch
    {
        TurnAccepted accepted => new() { Accepted = ToProto(accepted.Turn) },
        TurnTokens tokens => new() { Tokens = GenerationMapping.ToTokens(tokens.FirstIndex, tokens.Ids, tokens.Text) },
        TurnFinished finished => new() { Finished = ToProto(finished.Turn) },
        _ => throw new InvalidOperationException($"Unknown update {update.GetType().Name}."),
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
