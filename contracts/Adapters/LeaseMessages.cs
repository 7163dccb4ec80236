namespace Herd.Contracts.Adapters;

/// <summary>A hold of one replica, in one life of its process, on one adapter version.</summary>
[GenerateSerializer, Immutable, Alias("herd.LeaseDescription")]
public sealed record LeaseDescription
{
    /// <summary>The process's address with its generation, and the device.</summary>
    [Id(0)]
    public required string Holder { get; init; }

    /// <summary>Name of the process.</summary>
    [Id(1)]
    public required string Silo { get; init; }

    /// <summary>Its device.</summary>
    [Id(2)]
    public required string Device { get; init; }

    /// <summary>Digest of the version.</summary>
    [Id(3)]
    public required string Version { get; init; }

    /// <summary>When the hold was first written down.</summary>
    [Id(4)]
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it ends unless it is renewed.</summary>
    [Id(5)]
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether the holder's process is a living member of the cluster.</summary>
    [Id(6)]
    public required bool HolderAlive { get; init; }

    /// <summary>Whether it has outlived its time and its holder.</summary>
    [Id(7)]
    public required bool Orphaned { get; init; }
}

/// <summary>What is left of an adapter that was deleted.</summary>
/// <param name="Tenant">Its owner.</param>
/// <param name="Adapter">Its name.</param>
/// <param name="CreatedAt">When it was first uploaded.</param>
/// <param name="DeletedAt">When it was deleted.</param>
/// <param name="FreedAt">When its bytes were freed; null while some process may hold one of its versions.</param>
/// <param name="Id">The tombstone's own id.</param>
[GenerateSerializer, Immutable, Alias("herd.TombstoneDescription")]
public sealed record TombstoneDescription(
    [property: Id(0)] string Tenant,
    [property: Id(1)] string Adapter,
    [property: Id(2)] DateTimeOffset CreatedAt,
    [property: Id(3)] DateTimeOffset DeletedAt,
    [property: Id(4)] DateTimeOffset? FreedAt,
    [property: Id(5)] string Id);

/// <summary>Where a page of tombstones ends, newest first.</summary>
/// <param name="DeletedAt">When its last adapter was deleted.</param>
/// <param name="Id">That one's id, since several may be deleted in one millisecond. Empty: all deleted at that moment are left out.</param>
[GenerateSerializer, Immutable, Alias("herd.TombstoneCursor")]
public sealed record TombstoneCursor([property: Id(0)] DateTimeOffset DeletedAt, [property: Id(1)] string Id);
