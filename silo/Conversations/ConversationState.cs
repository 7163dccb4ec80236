using System.Collections.Immutable;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Models;

namespace Herd.Silo.Conversations;

/// <summary>A conversation as its grain remembers it.</summary>
internal sealed record ConversationState(StoredConversation Conversation, ImmutableList<StoredTurn> Turns)
{
    /// <summary>The last picture sent; it conditions every later turn.</summary>
    internal BlobRef? PictureInForce => Turns.LastOrDefault()?.Picture;

    internal IEnumerable<BlobRef> Pictures => Turns.Select(turn => turn.Picture).OfType<BlobRef>();

    internal StoredTurn? Find(string turnId) => Turns.Find(turn => turn.TurnId == turnId);

    internal ConversationState Add(StoredTurn turn) => this with { Turns = Turns.Add(turn) };

    internal ConversationState Replace(StoredTurn turn) => this with { Turns = Turns.SetItem(turn.Position, turn) };

    internal ConversationState Remove(StoredTurn turn) => this with { Turns = Turns.RemoveAt(turn.Position) };

    /// <summary>The prompt of the next turn: what stands before it as ids, never tokenised again.</summary>
    internal TurnPrompt PromptFor(StoredTurn next) => new(
        [.. Turns.SelectMany(turn => turn.HistoryIds)], Conversation.System, next.Text, next.Input)
    {
        TokenizerDigest = Turns.LastOrDefault(turn => turn.IsHistory)?.Started?.TokenizerDigest,
    };

    internal ConversationDescription Describe() => new()
    {
        Id = Conversation.Id,
        Model = Conversation.Model,
        System = Conversation.System,
        CreatedAt = Conversation.CreatedAt,
        Turns = Turns.Count,
        HistoryTokens = Turns.Sum(turn => turn.HistoryIds.Count()),
    };
}
