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

    /// <summary>Each alias as its last move left it.</summary>
    internal required ImmutableSortedDictionary<string, AliasEntry> Aliases { get; init; }

    internal AdapterDescription Describe() => new()
    {
        Name = Name,
        Aliases = Aliases.ToImmutableSortedDictionary(alias => alias.Key, alias => alias.Value.Version),
        Canaries = Aliases.Where(alias => alias.Value.Canary is not null)
            .ToImmutableSortedDictionary(alias => alias.Key, alias => alias.Value.Canary!),
        Versions = [.. Versions.Values.OrderByDescending(version => version.Version.CreatedAt).Select(version => version.Describe())],
        CreatedAt = CreatedAt,
    };
}
