using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Contracts.Training;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;

namespace Herd.Silo.Training;

/// <summary>What a holder learns when it renews its claim.</summary>
internal enum ClaimState
{
    /// <summary>It holds the job.</summary>
    Held,

    /// <summary>It holds the job, whose owner wants it to end.</summary>
    Unwanted,

    /// <summary>Another one holds the job, or it has ended.</summary>
    Lost,
}

/// <summary>The rows of training jobs.</summary>
internal sealed class JobRepository(Database database, TenantRepository tenants, TimeProvider time)
{
    private const int KeptJobs = 200;

    /// <summary>Adds a job; one that is there stays as it is.</summary>
    /// <exception cref="HerdException">The tenant has all the jobs it may have, or there is no such tenant.</exception>
    internal async Task AddAsync(JobRow job, CancellationToken cancellationToken)
    {
        var tenant = await tenants.FindAsync(job.Tenant, cancellationToken).ConfigureAwait(false) ?? throw HerdException.NotFound($"Tenant '{job.Tenant}'");
        await database.TransactAsync(
            async (connection, transaction) =>
            {
                var added = await connection.ExecuteAsync(JobSql.Add, job, transaction).ConfigureAwait(false) == 1;
                var open = await connection.ExecuteScalarAsync<long>(JobSql.CountOpen, new { tenant = job.Tenant }, transaction).ConfigureAwait(false);
                if (added && open > tenant.Limits.TrainingJobs)
                {
                    throw HerdException.Quota(
                        LimitNames.TrainingJobs,
                        $"The tenant may have {tenant.Limits.TrainingJobs} training jobs that wait or run. Let one end, or cancel one.");
                }

                return await connection.ExecuteAsync(JobSql.Forget, new { tenant = job.Tenant, kept = KeptJobs }, transaction).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    internal Task<TrainingJobDescription?> FindAsync(string tenant, string id, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<JobRow>(JobSql.Find, new { tenant, id }).ConfigureAwait(false))?.ToDescription(),
        cancellationToken);

    internal Task<ImmutableArray<TrainingJobDescription>> ListAsync(string tenant, TrainingJobCursor? after, int count, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection =>
            {
                var place = new { tenant, count, moment = after is null ? long.MaxValue : Columns.Of(after.CreatedAt), id = after?.Id ?? "" };
                var rows = await connection.QueryAsync<JobRow>(JobSql.List, place).ConfigureAwait(false);
                return rows.Select(row => row.ToDescription()).ToImmutableArray();
            },
            cancellationToken);

    /// <summary>Takes a job that waits, or whose holder has not been heard of in time.</summary>
    /// <param name="holder">Names the attempt.</param>
    /// <param name="lease">How long it holds without being renewed.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The job; null where there is none.</returns>
    internal Task<JobClaim?> ClaimAsync(string holder, TimeSpan lease, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var now = time.GetUtcNow();
            var place = new { holder, now = Columns.Of(now), until = Columns.Of(now + lease) };
            return (await connection.QuerySingleOrDefaultAsync<JobRow>(JobSql.Claim, place, transaction).ConfigureAwait(false))?.ToClaim();
        },
        cancellationToken);

    /// <summary>Says that a job is worked at, and how far it is.</summary>
    internal Task<ClaimState> RenewAsync(JobClaim claim, JobProgress progress, TimeSpan lease, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var row = JobRow.Held(claim, progress, time.GetUtcNow() + lease);
            if (await connection.ExecuteAsync(JobSql.Renew, row, transaction).ConfigureAwait(false) != 1)
            {
                return ClaimState.Lost;
            }

            return await connection.ExecuteScalarAsync<bool>(JobSql.IsCancelled, row, transaction).ConfigureAwait(false) ? ClaimState.Unwanted : ClaimState.Held;
        },
        cancellationToken);

    /// <summary>Gives a job back, for anybody to go on with.</summary>
    internal Task ReleaseAsync(JobClaim claim, CancellationToken cancellationToken) => database.TransactAsync(
        (connection, transaction) => connection.ExecuteAsync(JobSql.Release, JobRow.Held(claim, claim.Progress), transaction), cancellationToken);

    /// <summary>Ends a job.</summary>
    /// <returns>False where somebody else holds it now.</returns>
    internal Task<bool> EndAsync(JobClaim claim, JobProgress progress, string? message, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            JobSql.End, JobRow.Held(claim, progress, message: message, endedAt: time.GetUtcNow()), transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>Ends a job that nobody works at; otherwise asks its holder to end it.</summary>
    /// <returns>Its archive where it is ended now, which nobody needs any more; otherwise null.</returns>
    internal Task<BlobRef?> CancelAsync(string tenant, string id, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var place = new { tenant, id, now = Columns.Of(time.GetUtcNow()) };
            await connection.ExecuteAsync(JobSql.AskToEnd, place, transaction).ConfigureAwait(false);
            var isEnded = await connection.ExecuteAsync(JobSql.EndIdle, place, transaction).ConfigureAwait(false) == 1;
            return isEnded ? (await connection.QuerySingleAsync<JobRow>(JobSql.Find, place, transaction).ConfigureAwait(false)).ToArchive() : null;
        },
        cancellationToken);
}
