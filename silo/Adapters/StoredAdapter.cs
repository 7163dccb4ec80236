using System.Collections.Immutable;
using Herd.Contracts.Adapters;

namespace Herd.Silo.Adapters;

/// <summary>All rows of one adapter.</summary>
internal sealed record StoredAdapter
{
    internal required string Name { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By digest.</summary>
    internal required ImmutableDictionary<string, StoredVersion> Versions { get; init; }

    /// <summary>Each alias with all versions it has pointed to, the present one last.</summary>
    internal required ImmutableSortedDictionary<string, ImmutableArray<string>> Aliases { get; init; }

    internal AdapterDescription Describe() => new()
    {
        Name = Name,
        Aliases = Aliases.ToImmutableSortedDictionary(alias => alias.Key, alias => alias.Value[^1]),
        Versions = [.. Versions.Values.OrderByDescending(version => version.Version.CreatedAt).Select(version => version.Describe())],
        CreatedAt = CreatedAt,
    };
}
