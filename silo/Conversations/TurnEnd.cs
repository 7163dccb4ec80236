using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Silo.Conversations;

/// <summary>How the making of an answer ended.</summary>
internal sealed record TurnEnd(TurnState State)
{
    /// <summary>What the replica said at the end; null where it said nothing.</summary>
    private GenerationFinished? Last { get; init; }

    private HerdErrorCode? ErrorCode { get; init; }

    private string? Error { get; init; }

    /// <summary>Why no replica took the turn; null where one did.</summary>
    internal HerdException? Refusal { get; private init; }

    internal static TurnEnd Cancelled { get; } = new(TurnState.Cancelled);

    internal static TurnEnd Finished(GenerationFinished finished) =>
        new(finished.Reason == FinishReason.Cancelled ? TurnState.Cancelled : TurnState.Completed) { Last = finished };

    internal static TurnEnd Failed(HerdErrorCode code, string error) => new(TurnState.Failed) { ErrorCode = code, Error = error };

    internal static TurnEnd Refused(HerdException refusal) => new(TurnState.Failed) { Refusal = refusal };

    internal StoredTurn Apply(StoredTurn turn, DateTimeOffset now) => turn with
    {
        State = State,
        FinishReason = Last?.Reason ?? (State == TurnState.Cancelled ? FinishReason.Cancelled : null),
        CompletionTokens = Last?.CompletionTokens ?? turn.AnswerIds.Length,
        AnswerTokens = Last?.AnswerTokens ?? turn.AnswerIds.Length,
        ErrorCode = ErrorCode,
        Error = Error,
        FinishedAt = now,
    };
}
