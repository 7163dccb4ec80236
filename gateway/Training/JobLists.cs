using System.Collections.Immutable;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Contracts.Training;
using Herd.Gateway.Serving;

namespace Herd.Gateway.Training;

/// <summary>Some of a tenant's jobs.</summary>
/// <param name="Jobs">Newest first.</param>
/// <param name="NextPageToken">Gives the next page; null where this page was not full.</param>
internal sealed record JobPage(ImmutableArray<TrainingJobDescription> Jobs, string? NextPageToken);

/// <summary>Lists jobs, for both surfaces.</summary>
internal sealed class JobLists(IGrainFactory grains)
{
    private const string List = "training-jobs";

    /// <summary>Reads a page.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="pageToken">The token of the page before; null or empty to begin.</param>
    /// <param name="count">Most to return.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The page.</returns>
    /// <exception cref="HerdException">The token is wrong.</exception>
    public async Task<JobPage> ReadAsync(string tenant, string? pageToken, int count, CancellationToken cancellationToken)
    {
        var after = PageToken.Read(pageToken, before: null, List) is { } token ? new TrainingJobCursor(token.Moment, token.Names[0]) : null;
        var found = await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant)).ListTrainingJobs(after, count, cancellationToken);
        return new JobPage(found, found.Length < count ? null : new PageToken(found[^1].CreatedAt, found[^1].Id).Write(List));
    }
}
