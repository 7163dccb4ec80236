using System.Collections.Immutable;
using Herd.Contracts.Blobs;

namespace Herd.Contracts.Adapters;

/// <summary>An immutable version of a tenant's adapter: all a replica needs to load it.</summary>
[GenerateSerializer, Immutable, Alias("herd.AdapterVersion")]
public sealed record AdapterVersion
{
    /// <summary>The owner.</summary>
    [Id(0)]
    public required string Tenant { get; init; }

    /// <summary>The adapter's name.</summary>
    [Id(1)]
    public required string Adapter { get; init; }

    /// <summary>Lower-case hexadecimal SHA-256 that names the version.</summary>
    [Id(2)]
    public required string Digest { get; init; }

    /// <summary>Digest of the base it was bound to at upload.</summary>
    [Id(3)]
    public required string BaseDigest { get; init; }

    /// <summary>The manifest, as canonical JSON.</summary>
    [Id(4)]
    public required string Manifest { get; init; }

    /// <summary>The stored components, by the name the manifest gives each.</summary>
    [Id(5)]
    public required ImmutableDictionary<string, BlobRef> Components { get; init; }

    /// <summary>When it was made.</summary>
    [Id(6)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Names of the experts that are asked where a request names none. No part of the version's content: its owner may change them.</summary>
    [Id(7)]
    public ImmutableArray<string> Experts { get; init; } = [];
}
