using System.Collections.Immutable;
using Herd.Contracts.Conversations;
using Herd.Contracts.Models;

namespace Herd.Silo.Conversations;

/// <summary>What the next turn starts from: the turns that its prompt still holds, never more than fitted into a context.</summary>
/// <param name="Entries">The turns, oldest first.</param>
/// <param name="Opening">The first turn's question, where older turns were dropped and it has to open the dialogue in their place.</param>
internal sealed record TurnHistory(ImmutableList<HistoryEntry> Entries, TurnOpening? Opening)
{
    // What is kept is computed anew: with half of it gone, as many tokens as fitted in since the last time.
    private const int Shares = 2;

    internal static TurnHistory Empty { get; } = new([], null);

    internal int Tokens => Entries.Sum(entry => entry.Tokens);

    /// <summary>Position of the oldest turn in the prompt of a turn; its own where there is none.</summary>
    internal int From(int position) => Entries.IsEmpty ? position : Entries[0].Position;

    internal TurnHistory Add(StoredTurn turn) => turn is { IsHistory: true, Started: { } started }
        ? this with
        {
            Entries = Entries.Add(new HistoryEntry(
                turn.Position, turn.HistoryFrom == turn.Position, started.PromptIds, turn.AnswerIds[..turn.AnswerTokens], started.TokenizerDigest)),
        }
        : this;

    /// <summary>
    /// Leaves out as many of the oldest turns as hold some tokens, and half of all tokens at least: dropping one turn at a time, a full conversation would
    /// have its whole context computed anew for every turn. The new first one may need an <see cref="Opening"/>.
    /// </summary>
    internal TurnHistory Drop(int tokens)
    {
        var dropped = 0;
        var least = Math.Max(tokens, Tokens / Shares);
        for (var held = 0; dropped < Entries.Count && (dropped == 0 || held < least); dropped++)
        {
            held += Entries[dropped].Tokens;
        }

        return new TurnHistory(Entries.RemoveRange(0, dropped), null);
    }

    /// <summary>Whether turns of it may make room.</summary>
    internal bool MayDrop(StoredConversation conversation) => conversation.Overflow == ContextOverflow.DropOldest && !Entries.IsEmpty;

    /// <summary>The prompt of a turn: what stands before it as ids, never tokenised again.</summary>
    internal TurnPrompt PromptFor(StoredConversation conversation, StoredTurn turn) => new(
        [.. Entries.SelectMany((entry, i) => i == 0 && Opening is not null ? entry.AnswerIds : entry.PromptIds.AddRange(entry.AnswerIds))],
        conversation.System,
        turn.Text,
        turn.Input)
    {
        Opening = Opening,
        TokenizerDigest = Entries.LastOrDefault()?.TokenizerDigest,
        GivesWay = MayDrop(conversation),
    };
}
