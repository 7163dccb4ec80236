using Herd.Contracts.Conversations;
using Herd.Silo.Storage;

namespace Herd.Silo.Conversations;

/// <summary>A row of <c>conversations</c>.</summary>
internal sealed class ConversationRow
{
    public string Tenant { get; init; } = "";

    public required string Id { get; init; }

    public required string Model { get; init; }

    public string? System { get; init; }

    public int Overflow { get; init; }

    public long Epoch { get; init; }

    public int Turns { get; init; }

    public int HistoryTokens { get; init; }

    public long CreatedAt { get; init; }

    internal static ConversationRow From(StoredConversation conversation) => new()
    {
        Tenant = conversation.Tenant,
        Id = conversation.Id,
        Model = conversation.Model,
        System = Columns.OfText(conversation.System),
        Overflow = (int)conversation.Overflow,
        Epoch = conversation.Epoch,
        CreatedAt = Columns.Of(conversation.CreatedAt),
    };

    /// <summary>What a write names: the row, the epoch it holds, and what the conversation holds now.</summary>
    internal static ConversationRow From(ConversationState state) => new()
    {
        Tenant = state.Conversation.Tenant,
        Id = state.Conversation.Id,
        Model = state.Conversation.Model,
        Epoch = state.Conversation.Epoch,
        Turns = state.Turns,
        HistoryTokens = state.History.Tokens,
    };

    internal StoredConversation ToConversation() => new()
    {
        Tenant = Tenant,
        Id = Id,
        Model = Model,
        System = Columns.Text(System),
        Overflow = (ContextOverflow)Overflow,
        Epoch = Epoch,
        CreatedAt = Columns.Moment(CreatedAt),
    };

    internal ConversationDescription ToDescription() => new()
    {
        Id = Id,
        Model = Model,
        System = Columns.Text(System),
        Overflow = (ContextOverflow)Overflow,
        CreatedAt = Columns.Moment(CreatedAt),
        Turns = Turns,
        HistoryTokens = HistoryTokens,
    };
}
