using System.Collections.Immutable;

namespace Herd.Silo.Conversations;

/// <summary>What one turn adds to the history.</summary>
/// <param name="Position">The turn's place in the conversation.</param>
/// <param name="Opens">Whether its question opened the dialogue, with everything that stands in front.</param>
/// <param name="PromptIds">Ids of its question.</param>
/// <param name="AnswerIds">Ids of its answer's text.</param>
/// <param name="TokenizerDigest">Digest of the tokenizer that made them.</param>
internal sealed record HistoryEntry(
    int Position, bool Opens, ImmutableArray<int> PromptIds, ImmutableArray<int> AnswerIds, string TokenizerDigest)
{
    internal int Tokens => PromptIds.Length + AnswerIds.Length;
}
