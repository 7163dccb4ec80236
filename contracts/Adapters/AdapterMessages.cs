using System.Collections.Immutable;
using Herd.Contracts.Blobs;

namespace Herd.Contracts.Adapters;

/// <summary>An uploaded file, to be checked and made a version.</summary>
[GenerateSerializer, Immutable, Alias("herd.PublishRequest")]
public sealed record PublishRequest
{
    /// <summary>The uploaded bytes, in the scratch area.</summary>
    [Id(0)]
    public required BlobRef Upload { get; init; }

    /// <summary>What the file does not carry itself.</summary>
    [Id(1)]
    public AdapterSettings Settings { get; init; } = new();

    /// <summary>The alias to move to the new version once it is warm; null to move none.</summary>
    [Id(2)]
    public string? Alias { get; init; }

    /// <summary>Names of the experts that the version asks where a request names none. Null: none, or those of the version where it is known already.</summary>
    [Id(3)]
    public ImmutableArray<string>? Experts { get; init; }
}

/// <summary>What official adapter files leave out. Null everywhere: the released models' values.</summary>
[GenerateSerializer, Immutable, Alias("herd.AdapterSettings")]
public sealed record AdapterSettings
{
    /// <summary>Attention heads of the visual blocks; released models have 16.</summary>
    [Id(0)]
    public int? VisualHeads { get; init; }

    /// <summary>Prompt template: <c>alpaca</c> (default), <c>chat-v1</c>, <c>bair-v1</c>, <c>raw</c>.</summary>
    [Id(1)]
    public string? Template { get; init; }

    /// <summary>Colour order the adapter was trained with: <c>rgb</c> (default) or <c>bgr</c>.</summary>
    [Id(2)]
    public string? ChannelOrder { get; init; }

    /// <summary>Prompts of a layer, where neither a visual front end nor gates tell them; released V1 models have 10.</summary>
    [Id(3)]
    public int? PromptLength { get; init; }

    /// <summary>What turns a stored gate into a factor: <c>tanh</c>, or <c>raw</c>, which V1 has by default.</summary>
    [Id(4)]
    public string? Gate { get; init; }

    /// <summary>What projects prompts to keys and values: <c>base</c>, or <c>tuned</c>, which chat models with prompts have by default.</summary>
    [Id(5)]
    public string? PromptKv { get; init; }

    /// <summary>Where scales stand: <c>input</c> (default), as in the released code, or <c>output</c>, as in the paper.</summary>
    [Id(6)]
    public string? ScaleOrder { get; init; }
}

/// <summary>How far a publication or an alias move is.</summary>
public enum PublishStage
{
    /// <summary>The file is being checked.</summary>
    Validating,

    /// <summary>The version exists and survives a crash.</summary>
    Stored,

    /// <summary>Replicas are loading it.</summary>
    Warming,

    /// <summary>The alias points to it.</summary>
    Live,
}

/// <summary>One step of a publication or an alias move.</summary>
/// <param name="Stage">How far it is.</param>
/// <param name="VersionDigest">The version, from <see cref="PublishStage.Stored"/> on.</param>
/// <param name="ReadyReplicas">Replicas that hold it.</param>
/// <param name="TotalReplicas">Replicas of the base.</param>
[GenerateSerializer, Immutable, Alias("herd.PublishUpdate")]
public sealed record PublishUpdate(
    [property: Id(0)] PublishStage Stage,
    [property: Id(1)] string? VersionDigest,
    [property: Id(2)] int ReadyReplicas,
    [property: Id(3)] int TotalReplicas);

/// <summary>An adapter with its versions and aliases.</summary>
[GenerateSerializer, Immutable, Alias("herd.AdapterDescription")]
public sealed record AdapterDescription
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Alias to version digest; a canary has its share of the requests beside it.</summary>
    [Id(1)]
    public required ImmutableSortedDictionary<string, string> Aliases { get; init; }

    /// <summary>Its versions, newest first.</summary>
    [Id(2)]
    public required ImmutableArray<VersionDescription> Versions { get; init; }

    /// <summary>When it was first uploaded.</summary>
    [Id(3)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The canaries of those aliases that have one.</summary>
    [Id(4)]
    public ImmutableSortedDictionary<string, Canary> Canaries { get; init; } = ImmutableSortedDictionary<string, Canary>.Empty;
}

/// <summary>A version as its owner sees it.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="BaseDigest">The base it is bound to.</param>
/// <param name="Template">Its prompt template.</param>
/// <param name="Parameters">Number of values.</param>
/// <param name="Bytes">Stored bytes.</param>
/// <param name="TakesPictures">Whether it has a visual front end.</param>
/// <param name="CreatedAt">When it was made.</param>
[GenerateSerializer, Immutable, Alias("herd.VersionDescription")]
public sealed record VersionDescription(
    [property: Id(0)] string Digest,
    [property: Id(1)] string BaseDigest,
    [property: Id(2)] string Template,
    [property: Id(3)] long Parameters,
    [property: Id(4)] long Bytes,
    [property: Id(5)] bool TakesPictures,
    [property: Id(6)] DateTimeOffset CreatedAt)
{
    /// <summary>Names of the experts that are asked where a request names none.</summary>
    [Id(7)]
    public ImmutableArray<string> Experts { get; init; } = [];
}
