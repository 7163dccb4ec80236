using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;

namespace Herd.Silo.Conversations;

/// <summary>A conversation as its grain remembers it: as much as the next turn needs, however many there were.</summary>
/// <param name="Conversation">Its row.</param>
/// <param name="Turns">Number of its turns.</param>
/// <param name="PictureInForce">The last picture sent; it conditions every later turn.</param>
/// <param name="History">What the next turn starts from.</param>
internal sealed record ConversationState(StoredConversation Conversation, int Turns, BlobRef? PictureInForce, TurnHistory History)
{
    /// <summary>With a turn that is to run.</summary>
    internal ConversationState Accept(StoredTurn turn) => this with { Turns = Turns + 1, PictureInForce = turn.Picture };

    /// <summary>With the end of the last turn, whose prompt held this history.</summary>
    internal ConversationState Finish(StoredTurn turn, TurnHistory history) => this with { History = history.Add(turn) };

    internal ConversationDescription Describe() => new()
    {
        Id = Conversation.Id,
        Model = Conversation.Model,
        System = Conversation.System,
        CreatedAt = Conversation.CreatedAt,
        Turns = Turns,
        HistoryTokens = History.Tokens,
        Overflow = Conversation.Overflow,
    };
}
