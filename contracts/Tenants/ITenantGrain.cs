using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Conversations;

namespace Herd.Contracts.Tenants;

/// <summary>A tenant: what it may do and what it owns. Key: <c>t:tenant</c>.</summary>
[Alias("herd.ITenantGrain")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>Takes a place for a request; give it back with <see cref="Release"/>. A place not given back falls free after a while.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">The tenant is over a limit; the exception says when to retry.</exception>
    [Alias("Admit")]
    Task Admit(string requestId, CancellationToken cancellationToken = default);

    /// <summary>Gives a place back; doing it twice is no error.</summary>
    /// <param name="requestId">The request.</param>
    /// <returns>A task.</returns>
    [Alias("Release")]
    Task Release(string requestId);

    /// <summary>The tenant's adapters, by name.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The adapters.</returns>
    [Alias("ListAdapters")]
    Task<ImmutableArray<AdapterDescription>> ListAdapters(CancellationToken cancellationToken = default);

    /// <summary>The tenant's conversations, newest first.</summary>
    /// <param name="before">Only those made before this moment; null for all.</param>
    /// <param name="count">Most to return, at most 100.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The conversations.</returns>
    [Alias("ListConversations")]
    Task<ImmutableArray<ConversationDescription>> ListConversations(DateTimeOffset? before, int count, CancellationToken cancellationToken = default);
}
