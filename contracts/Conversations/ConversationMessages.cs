using System.Collections.Immutable;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;

namespace Herd.Contracts.Conversations;

/// <summary>What a conversation is made with.</summary>
[GenerateSerializer, Immutable, Alias("herd.CreateConversation")]
public sealed record CreateConversation
{
    /// <summary>The model its turns use: <c>base</c>, <c>adapter</c>, <c>adapter@alias</c> or <c>adapter@sha256:digest</c>.</summary>
    [Id(0)]
    public required string Model { get; init; }

    /// <summary>The system text, if any.</summary>
    [Id(1)]
    public string? System { get; init; }

    /// <summary>What happens when a turn does not fit behind its history.</summary>
    [Id(2)]
    public ContextOverflow Overflow { get; init; }
}

/// <summary>What happens when history, question and requested tokens exceed the context.</summary>
public enum ContextOverflow
{
    /// <summary>The turn is refused; the error says by how many tokens.</summary>
    Refuse,

    /// <summary>As many of the oldest turns as must, and half of the history's tokens at least, are left out of the prompt, for good; they stay stored.</summary>
    DropOldest,
}

/// <summary>A conversation as its owner sees it.</summary>
[GenerateSerializer, Immutable, Alias("herd.ConversationDescription")]
public sealed record ConversationDescription
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The model its turns use.</summary>
    [Id(1)]
    public required string Model { get; init; }

    /// <summary>The system text, if any.</summary>
    [Id(2)]
    public string? System { get; init; }

    /// <summary>When it was made.</summary>
    [Id(3)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Number of its turns.</summary>
    [Id(4)]
    public required int Turns { get; init; }

    /// <summary>Tokens of its history: what the next turn starts from.</summary>
    [Id(5)]
    public required int HistoryTokens { get; init; }

    /// <summary>What happens when a turn does not fit behind its history.</summary>
    [Id(6)]
    public ContextOverflow Overflow { get; init; }
}

/// <summary>What the user says in a turn.</summary>
[GenerateSerializer, Immutable, Alias("herd.TurnRequest")]
public sealed record TurnRequest
{
    /// <summary>The client's name for the turn: the same name again is the same turn.</summary>
    [Id(0)]
    public required string TurnId { get; init; }

    /// <summary>What the user says.</summary>
    [Id(1)]
    public required string Text { get; init; }

    /// <summary>Context for this turn, such as an expert's text.</summary>
    [Id(2)]
    public string? Input { get; init; }

    /// <summary>The turn's picture, in the scratch area: the conversation keeps a copy. Null: its last one stays in force.</summary>
    [Id(3)]
    public BlobRef? Picture { get; init; }

    /// <summary>How tokens are chosen.</summary>
    [Id(4)]
    public SamplingParameters Sampling { get; init; } = new();

    /// <summary>Digest of a picture that the tenant sent in an earlier turn, instead of <see cref="Picture"/>.</summary>
    [Id(5)]
    public string? PictureDigest { get; init; }

    /// <summary>Names of the experts to ask, instead of the version's; empty for none, null for the version's.</summary>
    [Id(6)]
    public ImmutableArray<string>? Experts { get; init; }
}

/// <summary>Where a turn stands.</summary>
public enum TurnState
{
    /// <summary>Accepted and durable; its answer is being made.</summary>
    Running,

    /// <summary>The answer is complete and durable.</summary>
    Completed,

    /// <summary>It was cancelled; the answer is what there was by then.</summary>
    Cancelled,

    /// <summary>It failed; the error says why.</summary>
    Failed,
}

/// <summary>A turn of a conversation.</summary>
[GenerateSerializer, Immutable, Alias("herd.Turn")]
public sealed record Turn
{
    /// <summary>The client's name for it.</summary>
    [Id(0)]
    public required string TurnId { get; init; }

    /// <summary>Its place in the conversation, from 0.</summary>
    [Id(1)]
    public required int Index { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)]
    public required TurnState State { get; init; }

    /// <summary>What the user said.</summary>
    [Id(3)]
    public required string Text { get; init; }

    /// <summary>Context given with it.</summary>
    [Id(4)]
    public string? Input { get; init; }

    /// <summary>Digest of the picture in force, if any.</summary>
    [Id(5)]
    public string? PictureDigest { get; init; }

    /// <summary>The answer, as far as it is known.</summary>
    [Id(6)]
    public required string Answer { get; init; }

    /// <summary>The adapter version it used; null for the bare base.</summary>
    [Id(7)]
    public string? VersionDigest { get; init; }

    /// <summary>Why the answer ended.</summary>
    [Id(8)]
    public FinishReason? FinishReason { get; init; }

    /// <summary>All prompt tokens, history included.</summary>
    [Id(9)]
    public int PromptTokens { get; init; }

    /// <summary>Generated tokens.</summary>
    [Id(10)]
    public int CompletionTokens { get; init; }

    /// <summary>What went wrong, where it failed.</summary>
    [Id(11)]
    public string? Error { get; init; }

    /// <summary>When it was accepted.</summary>
    [Id(12)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What kind of error <see cref="Error"/> is.</summary>
    [Id(13)]
    public HerdErrorCode? ErrorCode { get; init; }

    /// <summary>Index of the oldest turn in its prompt; its own where there was none.</summary>
    [Id(14)]
    public int HistoryFrom { get; init; }

    /// <summary>How many turns were dropped for it.</summary>
    [Id(15)]
    public int DroppedTurns { get; init; }

    /// <summary>What became of its experts; null where none were to be asked, and while they are being asked.</summary>
    [Id(16)]
    public ImmutableArray<ExpertReport>? Experts { get; init; }
}
