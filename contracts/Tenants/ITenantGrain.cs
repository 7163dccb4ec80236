using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Training;
using Orleans.Concurrency;

namespace Herd.Contracts.Tenants;

/// <summary>A tenant: what it may do and what it owns. Key: <c>t:tenant</c>.</summary>
[Alias("herd.ITenantGrain")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>
    /// Lets a request in: takes its places and reserves its tokens. Tell what it used with <see cref="Settle"/>, and until then call <see cref="Renew"/>
    /// every few seconds, or it is taken for dead.
    /// </summary>
    /// <param name="request">The request; asking again for one that was let in is no error.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>What it may do; who comes back on time and finds no place waits some seconds for one.</returns>
    /// <exception cref="Errors.HerdException">The tenant is over a limit; the exception names it and says when to retry.</exception>
    [Alias("Admit")]
    [AlwaysInterleave]
    Task<AdmissionGrant> Admit(AdmissionRequest request, CancellationToken cancellationToken = default);

    /// <summary>Puts on the account, durably, what a request may pass on.</summary>
    /// <param name="mark">What it has used, its generated tokens counted ahead.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">The request is not known any more, or the account cannot be written now.</exception>
    [Alias("Mark")]
    [AlwaysInterleave]
    Task Mark(UsageMark mark, CancellationToken cancellationToken = default);

    /// <summary>Says that a request is still under way.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    [Alias("Renew")]
    [AlwaysInterleave]
    Task Renew(string requestId, CancellationToken cancellationToken = default);

    /// <summary>Ends a request: its places fall free, and what it reserved and did not use is given back. Doing it twice is no error.</summary>
    /// <param name="used">What it has used.</param>
    /// <returns>A task.</returns>
    [Alias("Settle")]
    [AlwaysInterleave]
    Task Settle(UsageMark used);

    /// <summary>What the tenant has used, by key and period; answers under way with what they have reserved.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The rows, oldest first.</returns>
    [Alias("GetUsage")]
    Task<ImmutableArray<UsageRow>> GetUsage(UsageQuery query, CancellationToken cancellationToken = default);

    /// <summary>The tenant and its limits.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The tenant.</returns>
    /// <exception cref="Errors.HerdException">There is no such tenant.</exception>
    [Alias("Describe")]
    Task<TenantDescription> Describe(CancellationToken cancellationToken = default);

    /// <summary>The administrator has changed the limits: reads them anew.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    [Alias("LimitsChanged")]
    Task LimitsChanged(CancellationToken cancellationToken = default);

    /// <summary>The tenant's adapters, by name.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The adapters.</returns>
    [Alias("ListAdapters")]
    Task<ImmutableArray<AdapterDescription>> ListAdapters(CancellationToken cancellationToken = default);

    /// <summary>The tenant's conversations, newest first.</summary>
    /// <param name="after">Behind which to go on; null to begin.</param>
    /// <param name="count">Most to return, at most 100.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The conversations.</returns>
    [Alias("ListConversations")]
    Task<ImmutableArray<ConversationDescription>> ListConversations(
        ConversationCursor? after, int count, CancellationToken cancellationToken = default);

    /// <summary>The tenant's training jobs, newest first.</summary>
    /// <param name="after">Behind which to go on; null to begin.</param>
    /// <param name="count">Most to return, at most 100.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The jobs.</returns>
    [Alias("ListTrainingJobs")]
    Task<ImmutableArray<TrainingJobDescription>> ListTrainingJobs(
        TrainingJobCursor? after, int count, CancellationToken cancellationToken = default);

    /// <summary>The picture of a digest, where a stored turn of the tenant's names it.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The picture; null where there is none, or it is somebody else's: the two look alike.</returns>
    [Alias("FindPicture")]
    Task<BlobRef?> FindPicture(string digest, CancellationToken cancellationToken = default);
}
