using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Silo.Storage;

namespace Herd.Silo.Leases;

/// <summary>The rows of deleted adapters.</summary>
internal sealed class TombstoneRepository(Database database)
{
    /// <summary>Tombstones whose bytes nobody can need any more.</summary>
    /// <param name="now">The present.</param>
    /// <param name="grace">How long after the deletion a request may still take a version up that it found before.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    internal Task<IEnumerable<string>> FindUnheldAsync(DateTimeOffset now, TimeSpan grace, CancellationToken cancellationToken)
    {
        var times = new { Before = Columns.Of(now - grace), Grace = (long)grace.TotalMilliseconds };
        return database.ReadAsync(connection => connection.QueryAsync<string>(TombstoneSql.Unheld, times), cancellationToken);
    }

    internal Task<IEnumerable<BlobRef>> ComponentsAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QueryAsync<(string Digest, long Bytes)>(TombstoneSql.Components, new { id }).ConfigureAwait(false))
            .Select(row => new BlobRef(BlobArea.Adapters, row.Digest, row.Bytes)),
        cancellationToken);

    internal Task MarkFreedAsync(string id, DateTimeOffset now, CancellationToken cancellationToken) => database.TransactAsync(
        (connection, transaction) => connection.ExecuteAsync(TombstoneSql.Free, new { Id = id, FreedAt = Columns.Of(now) }, transaction), cancellationToken);

    internal Task<ImmutableArray<TombstoneDescription>> ListAsync(TombstoneCursor? after, int limit, CancellationToken cancellationToken)
    {
        var place = new { limit, moment = after is null ? long.MaxValue : Columns.Of(after.DeletedAt), id = after?.Id ?? "" };
        return database.ReadAsync(
            async connection => (await connection.QueryAsync<TombstoneRow>(TombstoneSql.List, place).ConfigureAwait(false)).Select(row => row.Describe()).ToImmutableArray(),
            cancellationToken);
    }

    private sealed class TombstoneRow
    {
        public required string Id { get; init; }

        public required string Tenant { get; init; }

        public required string Adapter { get; init; }

        public long CreatedAt { get; init; }

        public long DeletedAt { get; init; }

        public long? FreedAt { get; init; }

        internal TombstoneDescription Describe() =>
            new(Tenant, Adapter, Columns.Moment(CreatedAt), Columns.Moment(DeletedAt), Columns.Moment(FreedAt), Id);
    }
}
