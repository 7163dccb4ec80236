using System.Collections.Immutable;

namespace Herd.Contracts.Adapters;

/// <summary>Who holds which version, and what deletions left; for the administrator. Key: <see cref="Keys.GrainKeys.LeaseDirectory"/>.</summary>
[Alias("herd.ILeaseDirectoryGrain")]
public interface ILeaseDirectoryGrain : IGrainWithStringKey
{
    /// <summary>All leases as last written down, by holder.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The leases.</returns>
    [Alias("ListLeases")]
    Task<ImmutableArray<LeaseDescription>> ListLeases(CancellationToken cancellationToken = default);

    /// <summary>Deleted adapters, newest first.</summary>
    /// <param name="after">Behind which to go on; null for the newest.</param>
    /// <param name="limit">Most of them.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The tombstones.</returns>
    [Alias("ListTombstones")]
    Task<ImmutableArray<TombstoneDescription>> ListTombstones(TombstoneCursor? after, int limit, CancellationToken cancellationToken = default);
}
