using System.Collections.Immutable;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Serving;

namespace Herd.Gateway.Conversations;

/// <summary>Some of a tenant's conversations.</summary>
/// <param name="Conversations">Newest first.</param>
/// <param name="NextPageToken">Gives the next page; null where this page was not full.</param>
internal sealed record ConversationPage(ImmutableArray<ConversationDescription> Conversations, string? NextPageToken);

/// <summary>Lists conversations, for both surfaces.</summary>
internal sealed class ConversationPages(IGrainFactory grains)
{
    private const string List = "conversations";

    /// <summary>Reads a page.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="pageToken">The token of the page before; null or empty to begin.</param>
    /// <param name="before">Only those made before this moment; null for all.</param>
    /// <param name="count">Most to return.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The page.</returns>
    /// <exception cref="HerdException">The token is wrong, or stands beside a moment.</exception>
    public async Task<ConversationPage> ReadAsync(
        string tenant, string? pageToken, DateTimeOffset? before, int count, CancellationToken cancellationToken)
    {
        var after = PageToken.Read(pageToken, before, List) is { } token ? new ConversationCursor(token.Moment, token.Names[0]) : null;
        var found = await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant)).ListConversations(after, count, cancellationToken);
        return new ConversationPage(found, found.Length < count ? null : new PageToken(found[^1].CreatedAt, found[^1].Id).Write(List));
    }
}
