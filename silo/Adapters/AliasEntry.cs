using Herd.Contracts.Adapters;

namespace Herd.Silo.Adapters;

/// <summary>One move of an alias, and what the alias is after it: the last entry is the alias.</summary>
/// <param name="Position">Its number in the alias' history, from 1.</param>
/// <param name="Kind">What was done.</param>
/// <param name="From">The version that requests came from; null for the first entry.</param>
/// <param name="Version">The alias' version.</param>
/// <param name="Canary">The version that has a share of the requests; null for none.</param>
/// <param name="Below">Position of the entry that rolling back returns to; null where there is none.</param>
/// <param name="At">When.</param>
internal sealed record AliasEntry(int Position, AliasMoveKind Kind, string? From, string Version, Canary? Canary, int? Below, DateTimeOffset At)
{
    /// <summary>The entry that makes an alias.</summary>
    internal static AliasEntry First(string version, AliasMoveKind kind, DateTimeOffset at) => new(1, kind, From: null, version, Canary: null, Below: null, at);

    /// <summary>All requests to one version. The same entry where that is so already.</summary>
    internal AliasEntry To(string version, AliasMoveKind kind, DateTimeOffset at) =>
        version != Version ? new AliasEntry(Position + 1, kind, Version, version, Canary: null, Position, at)
        : Canary is null ? this
        : WithoutCanary(at);

    /// <summary>All requests to the version of the entry below. What was above it is not returned to.</summary>
    internal AliasEntry BackTo(AliasEntry below, DateTimeOffset at) =>
        new(Position + 1, AliasMoveKind.RolledBack, Version, below.Version, Canary: null, below.Below, at);

    /// <summary>A share of the requests to another version. The same entry where that is so already.</summary>
    internal AliasEntry WithCanary(string version, int share, DateTimeOffset at) => Canary?.Version == version && Canary.Share == share
        ? this
        : this with { Position = Position + 1, Kind = AliasMoveKind.CanarySet, From = Version, Canary = new Canary(version, share, at), At = at };

    /// <summary>All requests to the canary.</summary>
    internal AliasEntry Promoted(DateTimeOffset at) => To(Canary!.Version, AliasMoveKind.CanaryPromoted, at);

    /// <summary>No requests to the canary.</summary>
    internal AliasEntry WithoutCanary(DateTimeOffset at) =>
        this with { Position = Position + 1, Kind = AliasMoveKind.CanaryAborted, From = Canary!.Version, Canary = null, At = at };

    internal AliasMove Describe() => new(Position, Kind, From, Kind == AliasMoveKind.CanarySet ? Canary!.Version : Version, Canary?.Share, At);
}
