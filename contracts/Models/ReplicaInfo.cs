using System.Collections.Immutable;

namespace Herd.Contracts.Models;

/// <summary>What a replica is doing.</summary>
public enum ReplicaState
{
    /// <summary>Weights are being read.</summary>
    Loading,

    /// <summary>It serves.</summary>
    Ready,

    /// <summary>It finishes what runs and takes nothing new.</summary>
    Draining,

    /// <summary>Loading failed; the process's log says why.</summary>
    Failed,
}

/// <summary>One copy of a base on one device, as the directory knows it.</summary>
[GenerateSerializer, Immutable, Alias("herd.ReplicaInfo")]
public sealed record ReplicaInfo
{
    /// <summary>Key of the model grain in front of it.</summary>
    [Id(0)]
    public required string ModelKey { get; init; }

    /// <summary>What it is doing.</summary>
    [Id(1)]
    public required ReplicaState State { get; init; }

    /// <summary>What it holds; null until it is loaded.</summary>
    [Id(2)]
    public BaseInfo? Base { get; init; }

    /// <summary>Sequences in the batch.</summary>
    [Id(3)]
    public int RunningSequences { get; init; }

    /// <summary>Sequences that wait for room.</summary>
    [Id(4)]
    public int WaitingSequences { get; init; }

    /// <summary>Free KV blocks; those that hold prompts for as long as nobody needs the room are among them.</summary>
    [Id(5)]
    public int FreeBlocks { get; init; }

    /// <summary>All KV blocks.</summary>
    [Id(6)]
    public int TotalBlocks { get; init; }

    /// <summary>Digests of the adapter versions it holds in memory.</summary>
    [Id(7)]
    public ImmutableArray<string> ResidentVersions { get; init; } = [];

    /// <summary>How many of the free blocks hold prompts.</summary>
    [Id(8)]
    public int CachedBlocks { get; init; }

    /// <summary>Prompt tokens of all sequences that began to run since the replica's start.</summary>
    [Id(9)]
    public long PromptTokens { get; init; }

    /// <summary>How many of them were in the cache already and not computed.</summary>
    [Id(10)]
    public long ReusedTokens { get; init; }

    /// <summary>How the matrices of the base's blocks are kept: <c>int8</c>, or the arithmetic's type; empty until it is loaded.</summary>
    [Id(11)]
    public string Weights { get; init; } = "";

    /// <summary>Bytes of the base's weights, those mapped from files among them; 0 until it is loaded.</summary>
    [Id(12)]
    public long WeightBytes { get; init; }

    /// <summary>Requests that had to wait until their adapter version was loaded, since the replica's start.</summary>
    [Id(13)]
    public long ColdStarts { get; init; }
}

/// <summary>A base, as every replica of it describes it.</summary>
[GenerateSerializer, Immutable, Alias("herd.BaseInfo")]
public sealed record BaseInfo
{
    /// <summary>SHA-256 over configuration, tokenizer and weights, of the CLIP encoder too where there is one.</summary>
    [Id(0)]
    public required string Digest { get; init; }

    /// <summary>Digest of the tokenizer file.</summary>
    [Id(1)]
    public required string TokenizerDigest { get; init; }

    /// <summary>Most tokens of one sequence.</summary>
    [Id(2)]
    public required int ContextTokens { get; init; }

    /// <summary>Arithmetic: <c>float32</c> or <c>bfloat16</c>.</summary>
    [Id(3)]
    public required string Dtype { get; init; }

    /// <summary>Number of values of the base.</summary>
    [Id(4)]
    public required long Parameters { get; init; }

    /// <summary>Whether an image encoder is loaded.</summary>
    [Id(5)]
    public required bool HasVision { get; init; }
}
