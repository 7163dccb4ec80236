using System.Collections.Immutable;

namespace Herd.Contracts.Models;

/// <summary>Gathers a base's replicas. Advisory: readers keep what they last heard. Key: <c>b:base</c>.</summary>
[Alias("herd.IReplicaDirectoryGrain")]
public interface IReplicaDirectoryGrain : IGrainWithStringKey
{
    /// <summary>Reports a replica's state; one that stays silent for a few seconds is dropped.</summary>
    /// <param name="replica">The state.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    [Alias("Report")]
    Task Report(ReplicaInfo replica, CancellationToken cancellationToken = default);

    /// <summary>Forgets a replica that is leaving.</summary>
    /// <param name="modelKey">Its model grain's key.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    [Alias("Remove")]
    Task Remove(string modelKey, CancellationToken cancellationToken = default);

    /// <summary>All replicas, now and at every change, at most 250 ms late.</summary>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Whole tables.</returns>
    [Alias("Watch")]
    IAsyncEnumerable<ImmutableArray<ReplicaInfo>> Watch(CancellationToken cancellationToken = default);
}
