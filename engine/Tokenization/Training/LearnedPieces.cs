using System.Diagnostics;

namespace Herd.Engine.Tokenization.Training;

/// <summary>The pieces learned so far, as rules of the encoder: words are always cut as the finished model will cut them.</summary>
internal sealed class LearnedPieces : IMergeRules
{
    private readonly List<string> _texts;
    private readonly Dictionary<string, int> _places;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly int _characters;

    /// <param name="characters">All characters of all words, the most frequent first.</param>
    internal LearnedPieces(IEnumerable<string> characters)
    {
        _texts = [.. characters];
        _characters = _texts.Count;
        _places = _texts.Index().ToDictionary(piece => piece.Item, piece => piece.Index, StringComparer.Ordinal);
        _lookup = _places.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    internal int Count => _texts.Count;

    internal IEnumerable<string> Characters => _texts.Take(_characters);

    /// <summary>Pieces of several characters, the first to join first.</summary>
    internal IEnumerable<string> Merges => _texts.Skip(_characters);

    /// <summary>Adds a piece that joins after all others.</summary>
    internal void Add(string text)
    {
        _places.Add(text, _texts.Count);
        _texts.Add(text);
    }

    internal string[] Cut(string word)
    {
        var places = new List<int>(word.Length);
        BpeMerger.Encode(this, word, places);
        return [.. places.Select(place => _texts[place])];
    }

    /// <inheritdoc/>
    public bool TryFind(ReadOnlySpan<char> text, out int token) => _lookup.TryGetValue(text, out token);

    /// <inheritdoc/>
    public bool TryJoin(int left, int right, ReadOnlySpan<char> joined, out int token, out int rank)
    {
        var found = _lookup.TryGetValue(joined, out token);
        rank = token;
        return found;
    }

    /// <inheritdoc/>
    public void Spell(ReadOnlySpan<char> character, List<int> ids) =>
        throw new UnreachableException($"The character '{character}' of a word is no piece.");
}
