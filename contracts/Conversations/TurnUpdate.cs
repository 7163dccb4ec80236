using System.Collections.Immutable;

namespace Herd.Contracts.Conversations;

/// <summary>Where a reader stands in a turn's answer: given back, the reading goes on there, or is told that the answer is another now.</summary>
/// <param name="TurnId">The turn.</param>
/// <param name="Index">Index of the next token.</param>
/// <param name="Hash"><see cref="RunningHash"/> of all before it; null where it is not known.</param>
[GenerateSerializer, Immutable, Alias("herd.AnswerPosition")]
public sealed record AnswerPosition([property: Id(0)] string TurnId, [property: Id(1)] int Index, [property: Id(2)] ulong? Hash);

/// <summary>
/// What a turn streams: <see cref="TurnAccepted"/>, where it is so <see cref="HistoryDropped"/>, any number of <see cref="TurnTokens"/>, one
/// <see cref="TurnFinished"/>. <see cref="AnswerRestarted"/> may come between.
/// </summary>
[GenerateSerializer, Immutable, Alias("herd.TurnUpdate")]
public abstract record TurnUpdate
{
    /// <summary>Where the reader stands after it.</summary>
    [Id(0)]
    public required AnswerPosition Position { get; init; }
}

/// <summary>The turn is durable.</summary>
/// <param name="Turn">Its state.</param>
[GenerateSerializer, Immutable, Alias("herd.TurnAccepted")]
public sealed record TurnAccepted([property: Id(0)] Turn Turn) : TurnUpdate;

/// <summary>The context overflowed: the oldest turns were left out of the prompt, and stay out. They are stored as before.</summary>
/// <param name="Turns">How many this turn dropped.</param>
/// <param name="HistoryFrom">Index of the oldest turn that the prompt still holds; the turn's own where it holds none.</param>
[GenerateSerializer, Immutable, Alias("herd.HistoryDropped")]
public sealed record HistoryDropped([property: Id(0)] int Turns, [property: Id(1)] int HistoryFrom) : TurnUpdate;

/// <summary>More of the answer.</summary>
/// <param name="FirstIndex">Index of the first token within the answer.</param>
/// <param name="Ids">Token ids; none where the answer's end lets go of text that was held back.</param>
/// <param name="Text">The text they complete.</param>
[GenerateSerializer, Immutable, Alias("herd.TurnTokens")]
public sealed record TurnTokens(
    [property: Id(0)] int FirstIndex,
    [property: Id(1)] ImmutableArray<int> Ids,
    [property: Id(2)] string Text) : TurnUpdate;

/// <summary>What the reader has is not how the answer goes now: it begins again from the first token, and the reader forgets what it had.</summary>
[GenerateSerializer, Immutable, Alias("herd.AnswerRestarted")]
public sealed record AnswerRestarted : TurnUpdate;

/// <summary>The turn has ended, one way or another.</summary>
/// <param name="Turn">Its final state.</param>
[GenerateSerializer, Immutable, Alias("herd.TurnFinished")]
public sealed record TurnFinished([property: Id(0)] Turn Turn) : TurnUpdate;
