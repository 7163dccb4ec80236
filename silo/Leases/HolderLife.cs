namespace Herd.Silo.Leases;

/// <summary>Which life of which process holds a lease, and whether it still lasts, by the cluster's list of members.</summary>
internal sealed class HolderLife(ILocalSiloDetails local, IClusterMembershipService membership)
{
    /// <summary>This life's holder for one of its devices.</summary>
    internal LeaseHolder HolderOf(string modelKey) => LeaseHolder.Of(modelKey, local.SiloAddress);

    /// <summary>Whether an address is this life's.</summary>
    internal bool IsOwn(string address) => address == local.SiloAddress.ToParsableString();

    /// <summary>Whether a holder is known to be dead; one that the list has never named, or names no more, is not.</summary>
    internal bool IsDead(string address) => StatusOf(address) == SiloStatus.Dead;

    internal bool IsAlive(string address) => StatusOf(address) is not (SiloStatus.None or SiloStatus.Dead);

    private SiloStatus StatusOf(string address) =>
        membership.CurrentSnapshot.Members.TryGetValue(SiloAddress.FromParsableString(address), out var member) ? member.Status : SiloStatus.None;
}
