using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Silo.Placement;
using Herd.Silo.Storage;

namespace Herd.Silo.Leases;

/// <summary>Reads the rows of leases and tombstones for the administrator.</summary>
[DevicePlacement]
internal sealed class LeaseDirectoryGrain(LeaseRepository leases, TombstoneRepository tombstones, HolderLife life, TimeProvider time) : Grain, ILeaseDirectoryGrain
{
    public async Task<ImmutableArray<LeaseDescription>> ListLeases(CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        return [.. (await leases.ListAsync(cancellationToken)).Select(row => Describe(row, now))];
    }

    public Task<ImmutableArray<TombstoneDescription>> ListTombstones(TombstoneCursor? after, int limit, CancellationToken cancellationToken = default) =>
        tombstones.ListAsync(after, limit, cancellationToken);

    private LeaseDescription Describe(LeaseRow row, DateTimeOffset now)
    {
        var (expiresAt, isAlive) = (Columns.Moment(row.ExpiresAt), life.IsAlive(row.Address));
        return new LeaseDescription
        {
            Holder = row.Holder,
            Silo = row.Silo,
            Device = row.Device,
            Version = row.Version,
            Since = Columns.Moment(row.Since),
            ExpiresAt = expiresAt,
            HolderAlive = isAlive,
            Orphaned = !isAlive && expiresAt < now,
        };
    }
}
