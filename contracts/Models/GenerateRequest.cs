using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Experts;

namespace Herd.Contracts.Models;

/// <summary>One generation on one replica.</summary>
[GenerateSerializer, Immutable, Alias("herd.GenerateRequest")]
public sealed record GenerateRequest
{
    /// <summary>Names the generation within the cluster; used to cancel it.</summary>
    [Id(0)]
    public required string RequestId { get; init; }

    /// <summary>Whose request it is; keeps caches apart.</summary>
    [Id(1)]
    public required string Tenant { get; init; }

    /// <summary>The adapter version, fixed for the whole generation; null for the bare base.</summary>
    [Id(2)]
    public AdapterVersion? Version { get; init; }

    /// <summary>What to start from.</summary>
    [Id(3)]
    public required Prompt Prompt { get; init; }

    /// <summary>The picture in force, if any.</summary>
    [Id(4)]
    public BlobRef? Picture { get; init; }

    /// <summary>How tokens are chosen.</summary>
    [Id(5)]
    public required SamplingParameters Sampling { get; init; }

    /// <summary>Ids of the answer that its reader has already: the generation goes on behind them and reports only what follows.</summary>
    [Id(6)]
    public ImmutableArray<int> ResumeIds { get; init; } = [];

    /// <summary>The tenant's share of the replica where several compete, from 1 to 1,000.</summary>
    [Id(7)]
    public int Weight { get; init; } = 1;

    /// <summary>Names of the experts to ask, instead of the version's; empty for none, null for the version's.</summary>
    [Id(8)]
    public ImmutableArray<string>? Experts { get; init; }

    /// <summary>What became of them when this answer began elsewhere: they are not asked again. Null: it begins now.</summary>
    [Id(9)]
    public ImmutableArray<ExpertReport>? Heard { get; init; }

    /// <summary>The experts that a dialogue's answer is to hear; other prompts have no place for what they say.</summary>
    public ImmutableArray<string> ExpertsInForce => Prompt is ChatPrompt or TurnPrompt ? Experts ?? Version?.Experts ?? [] : [];
}
