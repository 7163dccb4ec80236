using System.Collections.Immutable;
using Herd.Contracts.Adapters;

namespace Herd.Silo.Adapters;

/// <summary>A change of an alias: what must be warm before it, and the entry it adds.</summary>
/// <param name="Warm">Digests of the versions that will be served; the one that the change is about comes last.</param>
/// <param name="Next">The alias now (null for none) and the moment, to the alias afterwards; null where it was moved since the change was begun.</param>
internal sealed record AliasChange(ImmutableArray<string> Warm, Func<AliasEntry?, DateTimeOffset, AliasEntry?> Next)
{
    /// <summary>The version that the change is about.</summary>
    internal string Version => Warm[^1];

    internal static AliasChange Move(string version, AliasMoveKind kind) =>
        new([version], (now, at) => now?.To(version, kind, at) ?? AliasEntry.First(version, kind, at));

    internal static AliasChange RollBack(AliasEntry seen, AliasEntry below) => If(seen, [below.Version], at => seen.BackTo(below, at));

    internal static AliasChange SetCanary(AliasEntry seen, string version, int share) =>
        If(seen, [seen.Version, version], at => seen.WithCanary(version, share, at));

    internal static AliasChange Promote(AliasEntry seen) => If(seen, [seen.Canary!.Version], seen.Promoted);

    internal static AliasChange Abort(AliasEntry seen) => If(seen, [seen.Version], seen.WithoutCanary);

    private static AliasChange If(AliasEntry seen, ImmutableArray<string> warm, Func<DateTimeOffset, AliasEntry> next) =>
        new(warm, (now, at) => now?.Position == seen.Position ? next(at) : null);
}
