using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;

namespace Herd.Silo.Tenants;

/// <summary>The rows of usage: requests under way one by one, those that have ended added up by the hour.</summary>
internal sealed class UsageRepository(Database database)
{
    internal Task OpenAsync(OpenUsage usage, CancellationToken cancellationToken) => database.TransactAsync(
        (connection, transaction) => connection.ExecuteAsync(UsageSql.Open, usage, transaction), cancellationToken);

    /// <summary>Raises what a request may have passed on.</summary>
    /// <returns>False where the request has been settled.</returns>
    internal Task<bool> MarkAsync(OpenUsage usage, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => await connection.ExecuteAsync(UsageSql.Mark, usage, transaction).ConfigureAwait(false) == 1, cancellationToken);

    /// <summary>Takes over a request that another process began.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="beginning">How its earlier names begin.</param>
    /// <param name="requestId">Its name from now on.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>What is on the account of it; null where there is nothing.</returns>
    internal Task<OpenUsage?> TakeOverAsync(string tenant, string beginning, string requestId, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            await connection.ExecuteAsync(UsageSql.TakeOver, new { tenant, beginning, requestId }, transaction).ConfigureAwait(false);
            return await connection.QuerySingleOrDefaultAsync<OpenUsage>(UsageSql.Find, new { tenant, RequestId = requestId }, transaction).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Counts a request that has ended, once however often it is settled.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="used">What it has used.</param>
    /// <param name="isDead">Whether nobody said that it has ended: then a turn that is still to go on stays open.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    internal Task SettleAsync(string tenant, UsageMark used, bool isDead, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var key = new { tenant, used.RequestId };
            var open = await connection.QuerySingleOrDefaultAsync<OpenUsage>(UsageSql.Find, key, transaction).ConfigureAwait(false);
            if (open is null || await connection.ExecuteAsync(isDead ? UsageSql.CloseDead : UsageSql.Close, key, transaction).ConfigureAwait(false) == 0 || !used.Started)
            {
                return false;
            }

            var row = new { tenant, open.KeyId, open.Hour, open.Pictures, used.PromptTokens, used.CachedTokens, used.GeneratedTokens };
            await connection.ExecuteAsync(UsageSql.Count, row, transaction).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    internal Task<ImmutableArray<OpenUsage>> ListOpenAsync(string tenant, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QueryAsync<OpenUsage>(UsageSql.ListOpen, new { tenant }).ConfigureAwait(false)).ToImmutableArray(), cancellationToken);

    /// <summary>What was used, by tenant, key and period, oldest first.</summary>
    /// <param name="tenant">The tenant; null for all.</param>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="HerdException">The query is out of range.</exception>
    internal async Task<ImmutableArray<UsageRow>> ReadAsync(string? tenant, UsageQuery query, CancellationToken cancellationToken)
    {
        Check(query);
        var period = (long)(query.Period == UsagePeriod.Day ? TimeSpan.FromDays(1) : TimeSpan.FromHours(1)).TotalMilliseconds;
        var parameters = new
        {
            tenant,
            from = Columns.Of(query.From) / period * period,
            to = Columns.Of(query.To),
            period,
            count = query.Count,
            afterStart = query.After is { } after ? Columns.Of(after.Start) : long.MinValue,
            afterTenant = query.After?.Tenant ?? "",
            afterKey = query.After?.KeyId ?? "",
        };
        var sql = tenant is null ? UsageSql.ReadAll : UsageSql.ReadOne;
        return await database.ReadAsync(
            async connection => (await connection.QueryAsync<PeriodRow>(sql, parameters).ConfigureAwait(false)).Select(row => row.ToUsage()).ToImmutableArray(),
            cancellationToken).ConfigureAwait(false);
    }

    private static void Check(UsageQuery query)
    {
        if (query.To <= query.From)
        {
            throw HerdException.Invalid("to", "'to' must be later than 'from'.");
        }

        if (query.Count is < 1 or > UsageQuery.MostRows)
        {
            throw HerdException.Invalid("page_size", $"'page_size' must be 1 to {UsageQuery.MostRows}, not {query.Count}.");
        }
    }

    private sealed class PeriodRow
    {
        public required string Tenant { get; init; }

        public required string KeyId { get; init; }

        public long Start { get; init; }

        public long Requests { get; init; }

        public long PromptTokens { get; init; }

        public long CachedTokens { get; init; }

        public long GeneratedTokens { get; init; }

        public long Pictures { get; init; }

        internal UsageRow ToUsage() => new()
        {
            Tenant = Tenant,
            KeyId = KeyId,
            Start = Columns.Moment(Start),
            Requests = Requests,
            PromptTokens = PromptTokens,
            CachedTokens = CachedTokens,
            GeneratedTokens = GeneratedTokens,
            Pictures = Pictures,
        };
    }
}
