using System.Collections.Immutable;
using System.Data.Common;
using Dapper;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;

namespace Herd.Silo.Adapters;

/// <summary>The rows of adapters and their versions, and of what is left of deleted ones.</summary>
internal sealed class AdapterRepository(Database database)
{
    /// <summary>Adds a version, and its adapter with the first; a version that is there stays as it is.</summary>
    /// <exception cref="HerdException">The tenant has all the adapters, or the adapter all the versions, it may have.</exception>
    internal Task AddVersionAsync(StoredVersion stored, int maximumVersions, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var key = new { stored.Version.Tenant, stored.Version.Adapter, stored.Version.Digest };
            if (await connection.ExecuteScalarAsync<bool>(AdapterSql.HasVersion, key, transaction).ConfigureAwait(false))
            {
                return true;
            }

            await RequireRoomAsync(stored.Version, maximumVersions, connection, transaction).ConfigureAwait(false);
            var row = VersionRow.From(stored);
            await connection.ExecuteAsync(AdapterSql.AddAdapter, row, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(AdapterSql.AddVersion, row, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(AdapterSql.AddComponent, ComponentRow.From(stored.Version), transaction).ConfigureAwait(false);
            await StorageQuota.RequireAsync(stored.Version.Tenant, connection, transaction).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Names the experts of a version.</summary>
    /// <returns>False where there is no such version.</returns>
    internal Task<bool> SetExpertsAsync(string tenant, string adapter, string digest, ImmutableArray<string> experts, CancellationToken cancellationToken) =>
        database.TransactAsync(
            async (connection, transaction) =>
            {
                var row = new { Tenant = tenant, Adapter = adapter, Digest = digest, Experts = Columns.OfList(experts) };
                return await connection.ExecuteAsync(AdapterSql.SetExperts, row, transaction).ConfigureAwait(false) == 1;
            },
            cancellationToken);

    internal Task<StoredAdapter?> FindAsync(string tenant, string adapter, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => (await ReadAsync(tenant, adapter, connection, transaction).ConfigureAwait(false)).SingleOrDefault(),
        cancellationToken);

    internal Task<ImmutableArray<AdapterDescription>> ListAsync(string tenant, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => (await ReadAsync(tenant, adapter: null, connection, transaction).ConfigureAwait(false))
            .Select(stored => stored.Describe()).ToImmutableArray(),
        cancellationToken);

    /// <summary>Puts a tombstone in an adapter's place. Its components stay named until they are freed.</summary>
    /// <returns>Digests of the versions that no adapter has any more; null where there is no such adapter.</returns>
    internal Task<IReadOnlyList<string>?> DeleteAsync(string tenant, string adapter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var key = new { Id = Guid.CreateVersion7().ToString("N"), Tenant = tenant, Adapter = adapter, DeletedAt = Columns.Of(now) };
        return database.TransactAsync<IReadOnlyList<string>?>(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(AdapterSql.AddTombstone, key, transaction).ConfigureAwait(false) == 0)
                {
                    return null;
                }

                await connection.ExecuteAsync(AdapterSql.KeepComponents, key, transaction).ConfigureAwait(false);
                var gone = await connection.QueryAsync<string>(AdapterSql.OwnVersions, key, transaction).ConfigureAwait(false);
                await connection.ExecuteAsync(AdapterSql.Delete, key, transaction).ConfigureAwait(false);
                return [.. gone];
            },
            cancellationToken);
    }

    private static async Task RequireRoomAsync(AdapterVersion version, int maximumVersions, DbConnection connection, DbTransaction transaction)
    {
        var key = new { version.Tenant, version.Adapter };
        var allowed = await connection.ExecuteScalarAsync<int?>(AdapterSql.AllowedAdapters, key, transaction).ConfigureAwait(false)
            ?? throw HerdException.NotFound($"Tenant '{version.Tenant}'");
        if (await connection.ExecuteScalarAsync<int>(AdapterSql.CountOtherAdapters, key, transaction).ConfigureAwait(false) >= allowed)
        {
            throw HerdException.Quota(LimitNames.Adapters, $"The tenant has all {allowed} adapters it may have. Delete one first.");
        }

        if (await connection.ExecuteScalarAsync<int>(AdapterSql.CountVersions, key, transaction).ConfigureAwait(false) >= maximumVersions)
        {
            throw HerdException.Quota(
                LimitNames.AdapterVersions, $"The adapter has all {maximumVersions} versions it may have. Publish under another name.");
        }
    }

    private static async Task<IReadOnlyList<StoredAdapter>> ReadAsync(
        string tenant, string? adapter, DbConnection connection, DbTransaction transaction)
    {
        await using var reader = await connection.QueryMultipleAsync(AdapterSql.ReadAll, new { tenant, adapter }, transaction).ConfigureAwait(false);
        var adapters = (await reader.ReadAsync<AdapterRow>().ConfigureAwait(false)).ToArray();
        var versions = (await reader.ReadAsync<VersionRow>().ConfigureAwait(false)).ToLookup(row => row.Adapter);
        var components = (await reader.ReadAsync<ComponentRow>().ConfigureAwait(false)).ToLookup(row => (row.Adapter, row.Version));
        var aliases = (await reader.ReadAsync<AliasRow>().ConfigureAwait(false)).ToLookup(row => row.Adapter);
        return
        [
            .. adapters.Select(row => new StoredAdapter
            {
                Name = row.Name,
                CreatedAt = Columns.Moment(row.CreatedAt),
                Versions = versions[row.Name].ToImmutableDictionary(version => version.Digest, version => version.ToVersion(components[(row.Name, version.Digest)])),
                Aliases = aliases[row.Name].ToImmutableSortedDictionary(alias => alias.Alias, alias => alias.ToEntry()),
            }),
        ];
    }
}
