using System.Collections.Immutable;

namespace Herd.Contracts.Adapters;

/// <summary>What was done to an alias.</summary>
public enum AliasMoveKind
{
    /// <summary>A publication pointed it to the new version.</summary>
    Published,

    /// <summary>It was pointed to a version.</summary>
    Moved,

    /// <summary>It went back to where it pointed before.</summary>
    RolledBack,

    /// <summary>A share of its requests was given to another version.</summary>
    CanarySet,

    /// <summary>The canary became the alias' version.</summary>
    CanaryPromoted,

    /// <summary>The canary's share went back to the alias' version.</summary>
    CanaryAborted,
}

/// <summary>One entry of an alias' history.</summary>
/// <param name="Position">Its number, from 1.</param>
/// <param name="Kind">What was done.</param>
/// <param name="From">The version that requests came from; null for the first entry.</param>
/// <param name="To">The version that they, or the canary's share of them, went to.</param>
/// <param name="Share">The canary's share from here on, in percent; null where there is no canary.</param>
/// <param name="At">When.</param>
[GenerateSerializer, Immutable, Alias("herd.AliasMove")]
public sealed record AliasMove(
    [property: Id(0)] int Position,
    [property: Id(1)] AliasMoveKind Kind,
    [property: Id(2)] string? From,
    [property: Id(3)] string To,
    [property: Id(4)] int? Share,
    [property: Id(5)] DateTimeOffset At);

/// <summary>A page of an alias' history, newest first.</summary>
/// <param name="Moves">The entries.</param>
/// <param name="HasMore">Whether there are older ones.</param>
[GenerateSerializer, Immutable, Alias("herd.AliasHistoryPage")]
public sealed record AliasHistoryPage([property: Id(0)] ImmutableArray<AliasMove> Moves, [property: Id(1)] bool HasMore);
