namespace Herd.Silo.Leases;

/// <summary>The queries of <see cref="LeaseRepository"/>.</summary>
internal static class LeaseSql
{
    internal const string Renew =
        """
        INSERT INTO lease_holders (holder, silo, address, device, renewed_at, expires_at) VALUES (@Id, @Silo, @Address, @Device, @RenewedAt, @ExpiresAt)
        ON CONFLICT (holder) DO UPDATE SET renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
        """;

    internal const string Held = "SELECT version FROM adapter_leases WHERE holder = @Id";

    internal const string Add = "INSERT INTO adapter_leases (holder, version, since) VALUES (@Holder, @Version, @Since)";

    internal const string Remove = "DELETE FROM adapter_leases WHERE holder = @Holder AND version = @Version";

    /// <summary>Versions that no adapter has any more.</summary>
    internal const string Unnamed =
        "SELECT l.version FROM adapter_leases l WHERE l.holder = @Id AND NOT EXISTS (SELECT 1 FROM adapter_versions v WHERE v.digest = l.version)";

    internal const string Holders = "SELECT holder AS Holder, address AS Address, renewed_at AS RenewedAt, expires_at AS ExpiresAt FROM lease_holders";

    /// <summary>Not where it was renewed since it was looked at.</summary>
    internal const string RemoveHolder = "DELETE FROM lease_holders WHERE holder = @Holder AND renewed_at = @RenewedAt";

    internal const string List =
        """
        SELECT h.holder AS Holder, h.silo AS Silo, h.address AS Address, h.device AS Device, l.version AS Version, l.since AS Since, h.expires_at AS ExpiresAt
        FROM adapter_leases l JOIN lease_holders h ON h.holder = l.holder ORDER BY h.silo, h.device, h.holder, l.version
        """;
}
