using System.Collections.Immutable;
using Herd.Contracts.Experts;

namespace Herd.Contracts.Models;

/// <summary>
/// What a replica streams: one <see cref="GenerationStarted"/>, any number of <see cref="TokensGenerated"/>, one <see cref="GenerationFinished"/>.
/// A failure is an exception instead of the last.
/// </summary>
[GenerateSerializer, Immutable, Alias("herd.GenerationUpdate")]
public abstract record GenerationUpdate;

/// <summary>The request was accepted and queued.</summary>
[GenerateSerializer, Immutable, Alias("herd.GenerationStarted")]
public sealed record GenerationStarted : GenerationUpdate
{
    /// <summary>The ids the prompt added: for a turn those behind its history, otherwise the whole prompt.</summary>
    [Id(0)]
    public required ImmutableArray<int> PromptIds { get; init; }

    /// <summary>All prompt tokens, history included.</summary>
    [Id(1)]
    public required int PromptTokens { get; init; }

    /// <summary>Digest of the tokenizer that made the ids.</summary>
    [Id(2)]
    public required string TokenizerDigest { get; init; }

    /// <summary>Name of the template that rendered the prompt; null where none did.</summary>
    [Id(3)]
    public string? Template { get; init; }

    /// <summary>The seed in force, given or drawn.</summary>
    [Id(4)]
    public required long Seed { get; init; }

    /// <summary>Most tokens that will be generated.</summary>
    [Id(5)]
    public required int MaxTokens { get; init; }

    /// <summary>What became of the experts that were to be asked, and what those said that spoke.</summary>
    [Id(6)]
    public ImmutableArray<ExpertReport> Experts { get; init; } = [];
}

/// <summary>All tokens that were ready, in one message.</summary>
/// <param name="FirstIndex">Index of the first of them within the answer, from 0.</param>
/// <param name="Ids">Their ids.</param>
/// <param name="Text">The text they complete; may be empty, never half a character.</param>
[GenerateSerializer, Immutable, Alias("herd.TokensGenerated")]
public sealed record TokensGenerated(
    [property: Id(0)] int FirstIndex,
    [property: Id(1)] ImmutableArray<int> Ids,
    [property: Id(2)] string Text) : GenerationUpdate
{
    /// <summary>For each id, how many characters of <see cref="Text"/> there are once it is in; what lies behind the last was held back until the end.</summary>
    [Id(3)]
    public ImmutableArray<int> TextEnds { get; init; } = [];

    /// <summary>For each id its log-probability and the likeliest tokens in its place; empty where they were not asked for.</summary>
    [Id(4)]
    public ImmutableArray<ChosenToken> LogProbabilities { get; init; } = [];
}

/// <summary>A token and how likely the model found it, before anything that steers the choice.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Bytes">What it adds to a text, in UTF-8; part of a character where a token is that, none for a control token.</param>
/// <param name="LogProbability">Natural logarithm of its probability.</param>
[GenerateSerializer, Immutable, Alias("herd.TokenProbability")]
public sealed record TokenProbability([property: Id(0)] int Id, [property: Id(1)] ImmutableArray<byte> Bytes, [property: Id(2)] float LogProbability);

/// <summary>A token of an answer with those that could have stood in its place.</summary>
/// <param name="Token">The token.</param>
/// <param name="Likeliest">The likeliest ones, by falling probability; as many as were asked for.</param>
[GenerateSerializer, Immutable, Alias("herd.ChosenToken")]
public sealed record ChosenToken([property: Id(0)] TokenProbability Token, [property: Id(1)] ImmutableArray<TokenProbability> Likeliest);

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop text did.</summary>
    Stop,

    /// <summary>The most tokens were generated.</summary>
    Length,

    /// <summary>The caller cancelled it.</summary>
    Cancelled,
}

/// <summary>The answer is complete.</summary>
[GenerateSerializer, Immutable, Alias("herd.GenerationFinished")]
public sealed record GenerationFinished : GenerationUpdate
{
    /// <summary>Why it ended.</summary>
    [Id(0)]
    public required FinishReason Reason { get; init; }

    /// <summary>Generated tokens, the end token not counted.</summary>
    [Id(1)]
    public required int CompletionTokens { get; init; }

    /// <summary>How many leading generated ids belong to the answer's text: those of a stop text do not.</summary>
    [Id(2)]
    public required int AnswerTokens { get; init; }

    /// <summary>From submission to the first token.</summary>
    [Id(3)]
    public TimeSpan TimeToFirstToken { get; init; }

    /// <summary>From submission to the end.</summary>
    [Id(4)]
    public TimeSpan Duration { get; init; }

    /// <summary>How many of the prompt's tokens were in the replica's cache already and not computed.</summary>
    [Id(5)]
    public int ReusedTokens { get; init; }
}
