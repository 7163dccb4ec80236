using System.Collections.Immutable;
using System.Data.Common;
using Dapper;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;

namespace Herd.Silo.Tenants;

/// <summary>The rows of tenants and their keys.</summary>
internal sealed class TenantRepository(Database database)
{
    private const string Tenants =
        """
        SELECT name AS Name, concurrent_sequences AS ConcurrentSequences, adapters AS Adapters, created_at AS CreatedAt,
          requests_per_minute AS RequestsPerMinute, tokens_per_minute AS TokensPerMinute, stored_bytes AS StoredBytes, stored_pictures AS StoredPictures,
          pictures_per_request AS PicturesPerRequest, COALESCE(weight, 1) AS Weight,
          COALESCE(training_jobs, 2) AS TrainingJobs
        FROM tenants LEFT JOIN tenant_limits ON tenant_limits.tenant = tenants.name
        """;

    private const string SetLimits =
        """
        INSERT INTO tenant_limits (tenant, requests_per_minute, tokens_per_minute, stored_bytes, stored_pictures, pictures_per_request, weight, training_jobs)
        VALUES (@name, @RequestsPerMinute, @TokensPerMinute, @StoredBytes, @StoredPictures, @PicturesPerRequest, @Weight, @TrainingJobs)
        ON CONFLICT (tenant) DO UPDATE SET requests_per_minute = excluded.requests_per_minute, tokens_per_minute = excluded.tokens_per_minute,
          stored_bytes = excluded.stored_bytes, stored_pictures = excluded.stored_pictures, pictures_per_request = excluded.pictures_per_request,
          weight = excluded.weight, training_jobs = excluded.training_jobs
        """;

    private const string Keys =
        """
        SELECT api_keys.id AS Id, tenant AS Tenant, label AS Label, secret_hash AS SecretHash, created_at AS CreatedAt, revoked_at AS RevokedAt,
          expires_at AS ExpiresAt
        FROM api_keys LEFT JOIN api_key_expiries ON api_key_expiries.id = api_keys.id
        """;

    /// <summary>Adds a tenant.</summary>
    /// <returns>False where the name is taken.</returns>
    internal Task<bool> AddAsync(TenantDescription tenant, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var added = await connection.ExecuteAsync(
                "INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) "
                + "VALUES (@Name, @ConcurrentSequences, @Adapters, @CreatedAt) ON CONFLICT DO NOTHING",
                new { tenant.Name, tenant.Limits.ConcurrentSequences, tenant.Limits.Adapters, CreatedAt = Columns.Of(tenant.CreatedAt) },
                transaction).ConfigureAwait(false) == 1;
            if (added)
            {
                await WriteLimitsAsync(tenant.Name, tenant.Limits, connection, transaction).ConfigureAwait(false);
            }

            return added;
        },
        cancellationToken);

    internal Task SetLimitsAsync(string name, TenantLimits limits, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "UPDATE tenants SET concurrent_sequences = @ConcurrentSequences, adapters = @Adapters WHERE name = @name",
                new { name, limits.ConcurrentSequences, limits.Adapters },
                transaction).ConfigureAwait(false);
            return await WriteLimitsAsync(name, limits, connection, transaction).ConfigureAwait(false);
        },
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
        async (connection, transaction) =>
        {
            var added = await connection.ExecuteAsync(
                "INSERT INTO api_keys (id, tenant, label, secret_hash, created_at) "
                + "VALUES (@Id, @Tenant, @Label, @SecretHash, @CreatedAt) ON CONFLICT DO NOTHING",
                new { key.Description.Id, key.Tenant, key.Description.Label, key.SecretHash, CreatedAt = Columns.Of(key.Description.CreatedAt) },
                transaction).ConfigureAwait(false) == 1;
            if (added && key.Description.ExpiresAt is { } moment)
            {
                await connection.ExecuteAsync(
                    "INSERT INTO api_key_expiries (id, expires_at) VALUES (@Id, @ExpiresAt)",
                    new { key.Description.Id, ExpiresAt = Columns.Of(moment) },
                    transaction).ConfigureAwait(false);
            }

            return added;
        },
        cancellationToken);

    internal Task<StoredKey?> FindKeyAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<KeyRow>(Keys + " WHERE api_keys.id = @id", new { id }).ConfigureAwait(false))?.ToKey(),
        cancellationToken);

    internal Task<ImmutableArray<ApiKeyDescription>> ListKeysAsync(string tenant, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QueryAsync<KeyRow>(Keys + " WHERE tenant = @tenant ORDER BY created_at, api_keys.id", new { tenant })
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

    private static Task<int> WriteLimitsAsync(string name, TenantLimits limits, DbConnection connection, DbTransaction transaction) => connection.ExecuteAsync(
        SetLimits,
        new { name, limits.RequestsPerMinute, limits.TokensPerMinute, limits.StoredBytes, limits.StoredPictures, limits.PicturesPerRequest, limits.Weight, limits.TrainingJobs },
        transaction);

    private sealed class TenantRow
    {
        public required string Name { get; init; }

        public int ConcurrentSequences { get; init; }

        public int Adapters { get; init; }

        public long CreatedAt { get; init; }

        public long? RequestsPerMinute { get; init; }

        public long? TokensPerMinute { get; init; }

        public long? StoredBytes { get; init; }

        public long? StoredPictures { get; init; }

        public int? PicturesPerRequest { get; init; }

        public int Weight { get; init; }

        public int TrainingJobs { get; init; }

        internal TenantDescription ToDescription() => new(Name, ToLimits(), Columns.Moment(CreatedAt));

        private TenantLimits ToLimits() => new()
        {
            ConcurrentSequences = ConcurrentSequences,
            Adapters = Adapters,
            RequestsPerMinute = RequestsPerMinute,
            TokensPerMinute = TokensPerMinute,
            StoredBytes = StoredBytes,
            StoredPictures = StoredPictures,
            PicturesPerRequest = PicturesPerRequest,
            Weight = Weight,
            TrainingJobs = TrainingJobs,
        };
    }

    private sealed class KeyRow
    {
        public required string Id { get; init; }

        public required string Tenant { get; init; }

        public required string Label { get; init; }

        public required byte[] SecretHash { get; init; }

        public long CreatedAt { get; init; }

        public long? RevokedAt { get; init; }

        public long? ExpiresAt { get; init; }

        internal StoredKey ToKey() => new(
            Tenant,
            new ApiKeyDescription(Id, Label, Columns.Moment(CreatedAt), Columns.Moment(RevokedAt)) { ExpiresAt = Columns.Moment(ExpiresAt) },
            SecretHash);
    }
}
