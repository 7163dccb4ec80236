using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Gateway.Conversations;

/// <summary>Finds conversations by what clients call them.</summary>
internal static class ConversationLookup
{
    /// <summary>A tenant's conversation.</summary>
    /// <param name="grains">Reaches the cluster.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="id">The conversation's id.</param>
    /// <returns>Its grain; whether there is such a conversation, that one knows.</returns>
    /// <exception cref="HerdException">No conversation can be called so.</exception>
    public static IConversationGrain Find(IGrainFactory grains, string tenant, string id) => GrainKeys.IsName(id)
        ? grains.GetGrain<IConversationGrain>(GrainKeys.Conversation(tenant, id))
        : throw HerdException.NotFound($"Conversation '{id}'");
}
