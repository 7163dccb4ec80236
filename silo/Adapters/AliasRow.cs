using Herd.Contracts.Adapters;
using Herd.Silo.Storage;

namespace Herd.Silo.Adapters;

internal sealed class AliasRow
{
    public required string Tenant { get; init; }

    public required string Adapter { get; init; }

    public required string Alias { get; init; }

    public int Position { get; init; }

    public int Kind { get; init; }

    public string? FromVersion { get; init; }

    public required string Version { get; init; }

    public string? Canary { get; init; }

    public int? Share { get; init; }

    public int? Below { get; init; }

    public long MovedAt { get; init; }

    /// <summary>How many versions the alias serves.</summary>
    internal int Versions => Canary is null ? 1 : 2;

    internal static AliasRow From(AliasKey key, AliasEntry entry) => new()
    {
        Tenant = key.Tenant,
        Adapter = key.Adapter,
        Alias = key.Alias,
        Position = entry.Position,
        Kind = (int)entry.Kind,
        FromVersion = entry.From,
        Version = entry.Version,
        Canary = entry.Canary?.Version,
        Share = entry.Canary?.Share,
        Below = entry.Below,
        MovedAt = Columns.Of(entry.At),
    };

    internal AliasEntry ToEntry()
    {
        var at = Columns.Moment(MovedAt);
        return new AliasEntry(
            Position, (AliasMoveKind)Kind, FromVersion, Version, Canary is not null && Share is { } share ? new Canary(Canary, share, at) : null, Below, at);
    }
}
