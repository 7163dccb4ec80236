using Herd.Protos.V1;

namespace Herd.Faults.Histories;

/// <summary>Finds what is still held when nobody uses the cluster.</summary>
internal static class LeaseCheck
{
    /// <summary>Holds on adapter versions whose holder is gone.</summary>
    /// <param name="leases">All that are written down.</param>
    /// <returns>One line for each.</returns>
    public static IReadOnlyList<string> Orphans(IEnumerable<Lease> leases) =>
        [.. leases.Where(lease => lease.Orphaned || !lease.HolderAlive).Select(lease => $"{lease.Holder}: holds version {lease.Version} and is gone")];

    /// <summary>What replicas hold.</summary>
    /// <param name="replicas">All of them.</param>
    /// <returns>One line for each that holds something.</returns>
    public static IReadOnlyList<string> Orphans(IEnumerable<Replica> replicas) =>
    [
        .. from replica in replicas
           where replica.State == ReplicaState.Ready
           where replica.RunningSequences != 0 || replica.WaitingSequences != 0 || replica.FreeBlocks != replica.TotalBlocks
           select $"{replica.Id}: {replica.RunningSequences} sequences run, {replica.WaitingSequences} wait, {replica.TotalBlocks - replica.FreeBlocks} of {replica.TotalBlocks} blocks are taken",
    ];
}
