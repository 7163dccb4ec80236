using System.Collections.Immutable;
using Herd.Contracts.Models;

namespace Herd.Contracts.Conversations;

/// <summary>All that is stored of a turn, ids included: what an export holds.</summary>
[GenerateSerializer, Immutable, Alias("herd.TurnRecord")]
public sealed record TurnRecord
{
    /// <summary>The turn as its owner sees it.</summary>
    [Id(0)]
    public required Turn Turn { get; init; }

    /// <summary>How tokens were chosen, with the seed in force.</summary>
    [Id(1)]
    public required SamplingParameters Sampling { get; init; }

    /// <summary>The template that rendered the question; null where no replica took the turn.</summary>
    [Id(2)]
    public string? Template { get; init; }

    /// <summary>Digest of the tokenizer that made the ids; null where no replica took the turn.</summary>
    [Id(3)]
    public string? TokenizerDigest { get; init; }

    /// <summary>Most tokens that were to be generated; null where no replica took the turn.</summary>
    [Id(4)]
    public int? MaxTokens { get; init; }

    /// <summary>Ids that the question added to the prompt.</summary>
    [Id(5)]
    public ImmutableArray<int> PromptIds { get; init; } = [];

    /// <summary>All generated ids, those of a stop text included.</summary>
    [Id(6)]
    public ImmutableArray<int> AnswerIds { get; init; } = [];

    /// <summary>How many leading ids of the answer belong to its text.</summary>
    [Id(7)]
    public int AnswerTokens { get; init; }

    /// <summary>When the turn ended; null while it runs.</summary>
    [Id(8)]
    public DateTimeOffset? FinishedAt { get; init; }
}
