using System.Collections.Immutable;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Silo.Conversations;

/// <summary>All that is kept of a turn: enough to go on from it without reading any text again.</summary>
internal sealed record StoredTurn
{
    internal required string TurnId { get; init; }

    internal required int Position { get; init; }

    internal required TurnState State { get; init; }

    internal required string Text { get; init; }

    internal string? Input { get; init; }

    /// <summary>The picture in force: the turn's own, or the conversation's last.</summary>
    internal BlobRef? Picture { get; init; }

    internal string? VersionDigest { get; init; }

    internal required SamplingParameters Sampling { get; init; }

    /// <summary>Names of the experts to ask: fixed with the version, whatever is set for it later.</summary>
    internal ImmutableArray<string> Experts { get; init; } = [];

    /// <summary>Position of the oldest turn in its prompt; its own where there is none.</summary>
    internal int HistoryFrom { get; init; }

    /// <summary>How many turns were dropped for it.</summary>
    internal int DroppedTurns { get; init; }

    /// <summary>What the replica said when it took the turn; null until then.</summary>
    internal GenerationStarted? Started { get; init; }

    /// <summary>All generated ids, those of a stop text included.</summary>
    internal ImmutableArray<int> AnswerIds { get; init; } = [];

    /// <summary>For each id, how many characters of <see cref="Answer"/> there are once it is in.</summary>
    internal ImmutableArray<int> AnswerTextEnds { get; init; } = [];

    /// <summary>How many leading ids belong to the answer's text; the history takes no more of them.</summary>
    internal int AnswerTokens { get; init; }

    internal string Answer { get; init; } = "";

    internal int CompletionTokens { get; init; }

    internal FinishReason? FinishReason { get; init; }

    internal HerdErrorCode? ErrorCode { get; init; }

    internal string? Error { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Whether later turns start from this one.</summary>
    internal bool IsHistory => State is (TurnState.Completed or TurnState.Cancelled) && Started is not null;

    internal Turn ToTurn() => new()
    {
        TurnId = TurnId,
        Index = Position,
        State = State,
        Text = Text,
        Input = Input,
        PictureDigest = Picture?.Digest,
        Answer = Answer,
        VersionDigest = VersionDigest,
        FinishReason = FinishReason,
        PromptTokens = Started?.PromptTokens ?? 0,
        CompletionTokens = CompletionTokens,
        Error = Error,
        ErrorCode = ErrorCode,
        CreatedAt = CreatedAt,
        HistoryFrom = HistoryFrom,
        DroppedTurns = DroppedTurns,
        Experts = Started is { Experts: { IsEmpty: false } reports } ? reports : null,
    };

    internal TurnRecord ToRecord() => new()
    {
        Turn = ToTurn(),
        Sampling = Sampling,
        Template = Started?.Template,
        TokenizerDigest = Started?.TokenizerDigest,
        MaxTokens = Started?.MaxTokens,
        PromptIds = Started?.PromptIds ?? [],
        AnswerIds = AnswerIds,
        AnswerTokens = AnswerTokens,
        FinishedAt = FinishedAt,
    };
}
