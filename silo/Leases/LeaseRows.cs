namespace Herd.Silo.Leases;

internal sealed class HolderRow
{
    public required string Holder { get; init; }

    public required string Address { get; init; }

    public long RenewedAt { get; init; }

    public long ExpiresAt { get; init; }
}

internal sealed class LeaseRow
{
    public required string Holder { get; init; }

    public required string Silo { get; init; }

    public required string Address { get; init; }

    public required string Device { get; init; }

    public required string Version { get; init; }

    public long Since { get; init; }

    public long ExpiresAt { get; init; }
}
