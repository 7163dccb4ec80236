using Herd.Contracts.Conversations;

namespace Herd.Gateway.Conversations;

/// <summary>A conversation as JSON.</summary>
internal sealed record ConversationBody(
    string Id, string Model, string? System, ContextOverflow Overflow, int Turns, int HistoryTokens, DateTimeOffset CreatedAt)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "conversation";

    /// <summary>A conversation's body.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <returns>The body.</returns>
    public static ConversationBody Of(ConversationDescription conversation) => new(
        conversation.Id,
        conversation.Model,
        conversation.System,
        conversation.Overflow,
        conversation.Turns,
        conversation.HistoryTokens,
        conversation.CreatedAt);
}

/// <summary>A page of conversations as JSON.</summary>
internal sealed record ConversationListBody(IReadOnlyList<ConversationBody> Data, string? NextPageToken)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "list";
}

/// <summary>A conversation that is gone.</summary>
internal sealed record DeletedConversationBody(string Id)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "conversation";

    /// <summary>Always true.</summary>
    public bool Deleted { get; } = true;
}
