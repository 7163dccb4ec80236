using System.Collections.Immutable;

namespace Herd.Contracts.Models;

/// <summary>What a generation starts from. The replica renders and tokenises: only it has the template and the tokenizer.</summary>
[GenerateSerializer, Immutable, Alias("herd.Prompt")]
public abstract record Prompt;

/// <summary>Text as it is, without template; the beginning-of-text token is put in front.</summary>
/// <param name="Text">The text.</param>
[GenerateSerializer, Immutable, Alias("herd.TextPrompt")]
public sealed record TextPrompt([property: Id(0)] string Text) : Prompt;

/// <summary>Token ids as they are; nothing is put in front.</summary>
/// <param name="Ids">The ids.</param>
[GenerateSerializer, Immutable, Alias("herd.TokenPrompt")]
public sealed record TokenPrompt([property: Id(0)] ImmutableArray<int> Ids) : Prompt;

/// <summary>A whole dialogue, rendered by the version's template.</summary>
/// <param name="Messages">The messages, the last from the user.</param>
/// <param name="Input">Context for the last message, such as an expert's text; null where there is none.</param>
[GenerateSerializer, Immutable, Alias("herd.ChatPrompt")]
public sealed record ChatPrompt([property: Id(0)] ImmutableArray<ChatMessage> Messages, [property: Id(1)] string? Input) : Prompt;

/// <summary>The next turn of a durable dialogue: what stands before is given as ids and never tokenised again.</summary>
/// <param name="History">Ids of all earlier turns, prompts and answers; empty for the first turn.</param>
/// <param name="System">The conversation's system text; used in the first turn.</param>
/// <param name="User">What the user says now.</param>
/// <param name="Input">Context for this turn; null where there is none.</param>
[GenerateSerializer, Immutable, Alias("herd.TurnPrompt")]
public sealed record TurnPrompt(
    [property: Id(0)] ImmutableArray<int> History,
    [property: Id(1)] string? System,
    [property: Id(2)] string User,
    [property: Id(3)] string? Input) : Prompt
{
    /// <summary>Digest of the tokenizer that made <see cref="History"/>; a replica with another one refuses the turn. Null where the history is empty.</summary>
    [Id(4)]
    public string? TokenizerDigest { get; init; }

    /// <summary>
    /// Where older turns were dropped, the question of the first one that is kept: it opens the dialogue now, and <see cref="History"/> begins with its
    /// answer. Otherwise null.
    /// </summary>
    [Id(5)]
    public TurnOpening? Opening { get; init; }

    /// <summary>Whether turns can be dropped: an answer whose length nobody named then asks for room instead of ending early.</summary>
    [Id(6)]
    public bool GivesWay { get; init; }
}

/// <summary>A question that opens a dialogue.</summary>
/// <param name="User">What the user said.</param>
/// <param name="Input">Its context; null where there was none.</param>
[GenerateSerializer, Immutable, Alias("herd.TurnOpening")]
public sealed record TurnOpening([property: Id(0)] string User, [property: Id(1)] string? Input);

/// <summary>Who says a message.</summary>
public enum ChatRole
{
    /// <summary>The operator's instructions.</summary>
    System,

    /// <summary>The person.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One message of a dialogue.</summary>
/// <param name="Role">Who says it.</param>
/// <param name="Text">What is said.</param>
[GenerateSerializer, Immutable, Alias("herd.ChatMessage")]
public sealed record ChatMessage([property: Id(0)] ChatRole Role, [property: Id(1)] string Text);
