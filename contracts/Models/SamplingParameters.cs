using System.Collections.Immutable;

namespace Herd.Contracts.Models;

/// <summary>How tokens are chosen. Checked by the replica; the gateway only parses.</summary>
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
}
