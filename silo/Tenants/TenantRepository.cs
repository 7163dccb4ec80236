using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;

namespace Herd.Silo.Tenants;

/// <summary>The rows of tenants and their keys.</summary>
internal sealed class TenantRepository(Database database)
{
    private const string Tenants =
        "SELECT name AS Name, concurrent_sequences AS ConcurrentSequences, adapters AS Adapters, created_at AS CreatedAt FROM tenants";

    private const string Keys =
        "SELECT id AS Id, tenant AS Tenant, label AS Label, secret_hash AS SecretHash, created_at AS CreatedAt, revoked_at AS RevokedAt FROM api_keys";

    /// <summary>Adds a tenant.</summary>
    /// <returns>False where the name is taken.</returns>
    internal Task<bool> AddAsync(TenantDescription tenant, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) "
            + "VALUES (@Name, @ConcurrentSequences, @Adapters, @CreatedAt) ON CONFLICT DO NOTHING",
            new { tenant.Name, tenant.Limits.ConcurrentSequences, tenant.Limits.Adapters, CreatedAt = Columns.Of(tenant.CreatedAt) },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    internal Task<TenantDescription?> FindAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<TenantRow>(Tenants + " WHERE name = @name", new { name })
            .ConfigureAwait(false))?.ToDescription(),
        cancellationToken);

    internal Task<ImmutableArray<TenantDescription>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QueryAsync<TenantRow>(Tenants + " ORDER BY name").ConfigureAwait(false))
            .Select(row => row.ToDescription()).ToImmutableArray(),
        cancellationToken);

    /// <summary>Adds a key.</summary>
    /// <returns>False where the id is taken.</returns>
    internal Task<bool> AddKeyAsync(StoredKey key, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "INSERT INTO api_keys (id, tenant, label, secret_hash, created_at) "
            + "VALUES (@Id, @Tenant, @Label, @SecretHash, @CreatedAt) ON CONFLICT DO NOTHING",
            new { key.Description.Id, key.Tenant, key.Description.Label, key.SecretHash, CreatedAt = Columns.Of(key.Description.CreatedAt) },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    internal Task<StoredKey?> FindKeyAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<KeyRow>(Keys + " WHERE id = @id", new { id }).ConfigureAwait(false))?.ToKey(),
        cancellationToken);

    internal Task<ImmutableArray<ApiKeyDescription>> ListKeysAsync(string tenant, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QueryAsync<KeyRow>(Keys + " WHERE tenant = @tenant ORDER BY created_at, id", new { tenant })
            .ConfigureAwait(false)).Select(row => row.ToKey().Description).ToImmutableArray(),
        cancellationToken);

    /// <summary>Ends a key; ending it again changes nothing.</summary>
    /// <returns>False where the tenant has no such key.</returns>
    internal Task<bool> RevokeKeyAsync(string tenant, string id, DateTimeOffset now, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, @now) WHERE tenant = @tenant AND id = @id",
            new { tenant, id, now = Columns.Of(now) },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    private sealed class TenantRow
    {
        public required string Name { get; init; }

        public int ConcurrentSequences { get; init; }

        public int Adapters { get; init; }

        public long CreatedAt { get; init; }

        internal TenantDescription ToDescription() => new(
            Name, new TenantLimits { ConcurrentSequences = ConcurrentSequences, Adapters = Adapters }, Columns.Moment(CreatedAt));
    }

    private sealed class KeyRow
    {
        public required string Id { get; init; }

        public required string Tenant { get; init; }

        public required string Label { get; init; }

        public required byte[] SecretHash { get; init; }

        public long CreatedAt { get; init; }

        public long? RevokedAt { get; init; }

        internal StoredKey ToKey() => new(
            Tenant, new ApiKeyDescription(Id, Label, Columns.Moment(CreatedAt), Columns.Moment(RevokedAt)), SecretHash);
    }
}
