namespace Herd.Engine.Tokenization;

/// <summary>The tokens of a byte-level tokenizer: strings of bytes, each byte written as the character of its value.</summary>
/// <remarks>Checked: every byte is a token, no token stands twice. Immutable.</remarks>
internal sealed class ByteLevelVocabulary : IMergeRules
{
    private const int MaxTokens = 1_000_000;
    private const int ByteValues = 256;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly Dictionary<(int, int), (int Token, int Rank)>? _merges;

    /// <summary>Takes tokens over.</summary>
    /// <param name="tokens">The tokens by id.</param>
    /// <param name="merges">Pairs of tokens that join, the first ones first; null where any two join that make a token, the lowest id first.</param>
    /// <exception cref="FormatException">The vocabulary is not sound.</exception>
    public ByteLevelVocabulary(IReadOnlyList<byte[]> tokens, IReadOnlyList<(string Left, string Right)>? merges = null)
    {
        if (tokens.Count is 0 or > MaxTokens)
        {
            throw new FormatException($"expected 1 to {MaxTokens} tokens, found {tokens.Count}");
        }

        Tokens = tokens;
        _ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (tokens[id].Length == 0 || !_ids.TryAdd(Text(tokens[id]), id))
            {
                throw new FormatException(tokens[id].Length == 0 ? $"token {id} is empty" : $"token {id} repeats token {_ids[Text(tokens[id])]}");
            }
        }

        if (Enumerable.Range(0, ByteValues).FirstOrDefault(value => !_ids.ContainsKey(((char)value).ToString()), -1) is var missing and >= 0)
        {
            throw new FormatException($"the byte 0x{missing:X2} is no token");
        }

        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges is null ? null : Index(merges);
    }

    /// <summary>The bytes of each token, by id.</summary>
    public IReadOnlyList<byte[]> Tokens { get; }

    /// <summary>Bytes as text, one character each.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.Latin1.GetString(bytes);

    /// <inheritdoc/>
    public bool TryFind(ReadOnlySpan<char> text, out int token) => _lookup.TryGetValue(text, out token);

    /// <inheritdoc/>
    public bool TryJoin(int left, int right, ReadOnlySpan<char> joined, out int token, out int rank)
    {
        if (_merges is null)
        {
            var found = _lookup.TryGetValue(joined, out token);
            rank = token;
            return found;
        }

        var listed = _merges.TryGetValue((left, right), out var merge);
        (token, rank) = merge;
        return listed;
    }

    /// <inheritdoc/>
    public void Spell(ReadOnlySpan<char> character, List<int> ids) => throw new InvalidOperationException("Every byte is a token.");

    private Dictionary<(int, int), (int Token, int Rank)> Index(IReadOnlyList<(string Left, string Right)> merges)
    {
        var index = new Dictionary<(int, int), (int, int)>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            if (!_ids.TryGetValue(left, out var first) || !_ids.TryGetValue(right, out var second) || !_ids.TryGetValue(left + right, out var token))
            {
                throw new FormatException($"merge {rank} joins tokens, or to a token, that the vocabulary lacks");
            }

            if (!index.TryAdd((first, second), (token, rank)))
            {
                throw new FormatException($"merge {rank} stands twice");
            }
        }

        return index;
    }
}
