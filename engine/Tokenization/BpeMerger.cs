namespace Herd.Engine.Tokenization;

/// <summary>Splits one text into tokens by byte-pair merges.</summary>
/// <remarks>
/// The adjacent pair with the lowest rank merges first, leftmost on ties, until no pair joins. A priority queue of candidate pairs makes this O(n log n).
/// Source: SentencePiece, bpe_model.cc; the same order is that of byte-level tokenizers.
/// </remarks>
internal ref struct BpeMerger
{
    private const int None = -1;

    private readonly IMergeRules _rules;
    private readonly ReadOnlySpan<char> _text;
    private readonly Symbol[] _symbols;
    private readonly PriorityQueue<Candidate, long> _queue;
    private int _count;

    /// <summary>A run of text that is one character or one piece; <c>Length</c> is 0 once it was merged into its left neighbour.</summary>
    private record struct Symbol(int Start, int Length, int Left, int Right, int Piece);

    /// <summary>Two neighbours that join to a piece; stale if either has changed since.</summary>
    private readonly record struct Candidate(int Left, int Right, int Length, int Piece);

    private BpeMerger(IMergeRules rules, ReadOnlySpan<char> text)
    {
        _rules = rules;
        _text = text;
        _symbols = new Symbol[text.Length];
        _queue = new PriorityQueue<Candidate, long>(text.Length);
    }

    /// <summary>Appends the tokens of a text.</summary>
    /// <param name="rules">The vocabulary.</param>
    /// <param name="text">Well-formed UTF-16, normalised as the vocabulary wants it.</param>
    /// <param name="ids">Where the ids go.</param>
    internal static void Encode(IMergeRules rules, ReadOnlySpan<char> text, List<int> ids)
    {
        if (text.IsEmpty)
        {
            return;
        }

        var merger = new BpeMerger(rules, text);
        merger.SplitCharacters();
        merger.Merge();
        merger.Emit(ids);
    }

    private void SplitCharacters()
    {
        for (var start = 0; start < _text.Length; _count++)
        {
            var length = char.IsHighSurrogate(_text[start]) ? 2 : 1;
            var piece = _rules.TryFind(_text.Slice(start, length), out var id) ? id : None;
            var right = start + length < _text.Length ? _count + 1 : None;
            _symbols[_count] = new Symbol(start, length, _count - 1, right, piece);
            start += length;
        }
    }

    private void Merge()
    {
        for (var left = 0; left + 1 < _count; left++)
        {
            Consider(left, left + 1);
        }

        while (_queue.TryDequeue(out var pair, out _))
        {
            ref var left = ref _symbols[pair.Left];
            ref var right = ref _symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length)
            {
                continue;
            }

            left.Length = pair.Length;
            left.Piece = pair.Piece;
            left.Right = right.Right;
            right.Length = 0;
            if (left.Right != None)
            {
                _symbols[left.Right].Left = pair.Left;
                Consider(pair.Left, left.Right);
            }

            if (left.Left != None)
            {
                Consider(left.Left, pair.Left);
            }
        }
    }

    private readonly void Consider(int left, int right)
    {
        var start = _symbols[left].Start;
        var length = _symbols[left].Length + _symbols[right].Length;
        if (_rules.TryJoin(_symbols[left].Piece, _symbols[right].Piece, _text.Slice(start, length), out var piece, out var rank))
        {
            _queue.Enqueue(new Candidate(left, right, length, piece), ((long)rank << 32) | (uint)left);
        }
    }

    private readonly void Emit(List<int> ids)
    {
        for (var i = 0; i != None; i = _symbols[i].Right)
        {
            var symbol = _symbols[i];
            if (symbol.Piece != None)
            {
                ids.Add(symbol.Piece);
            }
            else
            {
                _rules.Spell(_text.Slice(symbol.Start, symbol.Length), ids);
            }
        }
    }
}
