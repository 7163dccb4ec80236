using System.Collections.Immutable;

namespace Herd.Contracts.Models;

/// <summary>How tokens are chosen. The gateway bounds their size (<see cref="SamplingSize"/>), the replica checks their values.</summary>
[GenerateSerializer, Immutable, Alias("herd.SamplingParameters")]
public sealed record SamplingParameters
{
    /// <summary>0 takes the likeliest token; otherwise 0.01 to 10. Null: the server's default.</summary>
    [Id(0)]
    public float? Temperature { get; init; }

    /// <summary>Keeps the likeliest tokens whose predecessors sum to at most this; above 0, at most 1. Null: the server's default.</summary>
    [Id(1)]
    public float? TopP { get; init; }

    /// <summary>Makes the choice repeatable. Null: a random seed, reported with the result.</summary>
    [Id(2)]
    public long? Seed { get; init; }

    /// <summary>Most tokens to generate. Null: what the context has left, up to the server's default.</summary>
    [Id(3)]
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the answer; not part of it. At most 16 of at most 256 characters.</summary>
    [Id(4)]
    public ImmutableArray<string> Stop { get; init; } = [];

    /// <summary>Keeps the k likeliest tokens; at least 1. Null: all.</summary>
    [Id(5)]
    public int? TopK { get; init; }

    /// <summary>Keeps tokens that are at least this share as likely as the likeliest; 0 to 1. Null: all.</summary>
    [Id(6)]
    public float? MinP { get; init; }

    /// <summary>Subtracted from the logit of every token of the answer so far; -2 to 2. Null: 0.</summary>
    [Id(7)]
    public float? PresencePenalty { get; init; }

    /// <summary>Subtracted from a token's logit for every time it stands in the answer so far; -2 to 2. Null: 0.</summary>
    [Id(8)]
    public float? FrequencyPenalty { get; init; }

    /// <summary>Token id to what is added to its logit, -100 to 100; at most 1,024.</summary>
    [Id(9)]
    public ImmutableDictionary<int, float> LogitBias { get; init; } = ImmutableDictionary<int, float>.Empty;

    /// <summary>Whether the model's end tokens are generated like any other.</summary>
    [Id(10)]
    public bool IgnoreEnd { get; init; }

    /// <summary>How many of the likeliest tokens are reported with the log-probability of each chosen one, 0 to 20. Null: no log-probabilities.</summary>
    [Id(11)]
    public int? LikeliestTokens { get; init; }
}
