namespace Herd.Engine.Tokenization.Training;

/// <summary>Makes a SentencePiece BPE model of the one form that LLaMA uses.</summary>
/// <remarks>
/// <para>Identity normalisation, a space in front of every text, digits apart, byte pieces for all that has no piece. Pieces hold a space only in front and never
/// mix letters with other characters, so a word is cut alike behind a bracket, a quotation mark or a new line. Control characters, new lines among them, stay bytes.</para>
/// <para>What neighbours make most often joins first; of equally frequent texts the shorter, then the ordinally lower one. The order of the texts does not matter.
/// Nothing is learned from words above <see cref="MaxWordLength"/>.</para>
/// <para>No piece but a required one can overlap itself as 'ana' does in 'anana'. So readers that take the leftmost of equal pairs and readers that take the
/// rightmost cut every text alike. Source: arXiv:1508.07909; settings and order of pieces (bytes, merges, characters) as in LLaMA's file.</para>
/// </remarks>
public static class SentencePieceTrainer
{
    /// <summary>Longest word that becomes one piece, in UTF-16 units, with the space in front.</summary>
    public const int MaxWordLength = 64;

    /// <summary>Learns a model.</summary>
    /// <param name="texts">What to learn from; each is read once.</param>
    /// <param name="vocabularySize">Pieces in all, exactly: unknown, begin, end, 256 bytes, every character that occurs, the required words, and what is learned; at most a million.</param>
    /// <param name="requiredWords">Words that become one piece, and another one with a space in front, whether the texts have them or not. Each is a run of letters,
    /// or of characters that are neither letters nor digits, within <see cref="MaxWordLength"/>. What they are made from takes further pieces.</param>
    /// <param name="cancellation">Ends the work between two pieces.</param>
    /// <returns>The bytes of a <c>tokenizer.model</c>, the same for the same input.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: a required word that cannot be one piece, a size below what must be in,
    /// or texts too small for the size.</exception>
    public static byte[] Train(IEnumerable<string> texts, int vocabularySize, IEnumerable<string>? requiredWords = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (vocabularySize > SentencePieceFile.MaxPieces)
        {
            throw Refuse($"a vocabulary of {vocabularySize} pieces, expected at most {SentencePieceFile.MaxPieces}");
        }

        var required = (requiredWords ?? []).Select(CheckRequired).Distinct(StringComparer.Ordinal).ToDictionary(word => word, _ => 1L);
        var marked = required.ToDictionary(word => SentencePieceModel.Space + word.Key, word => word.Value);
        var words = CountWords(texts);
        var pieces = new LearnedPieces(CharactersByFrequency(words.Concat(marked)));

        // Bare words first: those with a space in front are then one join each.
        new MergeLearner(pieces, required).Learn(int.MaxValue, overlapping: true, cancellation);
        new MergeLearner(pieces, marked).Learn(int.MaxValue, overlapping: true, cancellation);
        LearnRest(pieces, words, vocabularySize, cancellation);
        return SentencePieceWriter.Write([.. pieces.Merges, .. pieces.Characters]);
    }

    private static void LearnRest(LearnedPieces pieces, Dictionary<string, long> words, int vocabularySize, CancellationToken cancellation)
    {
        var least = SentencePieceWriter.FixedPieces + pieces.Count;
        if (vocabularySize < least)
        {
            throw Refuse(
                $"a vocabulary of {vocabularySize} pieces, expected at least {least} ({SentencePieceWriter.FixedPieces} fixed ones, "
                + $"{pieces.Characters.Count()} characters, {pieces.Merges.Count()} for required words)");
        }

        new MergeLearner(pieces, words.Where(word => word.Key.Length <= MaxWordLength)).Learn(vocabularySize - least, overlapping: false, cancellation);
        var found = SentencePieceWriter.FixedPieces + pieces.Count;
        if (found < vocabularySize)
        {
            throw Refuse($"the texts are too small for a vocabulary of {vocabularySize} pieces; they give {found}, so expected more text or at most that size");
        }
    }

    private static string CheckRequired(string word)
    {
        var marked = Mark(word);
        if (word.Length == 0 || marked.Length > MaxWordLength || !WordUnits.Split(marked).SequenceEqual([marked]))
        {
            var shown = word.Length > MaxWordLength ? word[..MaxWordLength] + "..." : word;
            throw Refuse(
                $"the required word '{shown}' cannot be one piece, expected 1 to {MaxWordLength - 1} letters, or as many characters that are neither letters, digits nor spaces");
        }

        return word;
    }

    private static Dictionary<string, long> CountWords(IEnumerable<string> texts)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var word in texts.Where(text => text.Length > 0).SelectMany(text => WordUnits.Split(Mark(text))))
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }

        return counts;
    }

    private static IEnumerable<string> CharactersByFrequency(IEnumerable<KeyValuePair<string, long>> words) => words
        .SelectMany(word => word.Key.EnumerateRunes().Select(rune => (Rune: rune, Count: word.Value)))
        .AggregateBy(seen => seen.Rune, 0L, (sum, seen) => sum + seen.Count)
        .OrderByDescending(character => character.Value)
        .ThenBy(character => character.Key)
        .Select(character => character.Key.ToString());

    /// <summary>The text as it is encoded: spaces are marks, one more in front.</summary>
    private static string Mark(string text) => SentencePieceModel.Space + text.Replace(' ', SentencePieceModel.Space);

    private static EngineException Refuse(string found) => new(EngineErrorCode.InvalidRequest, $"Training a tokenizer: {found}.");
}
