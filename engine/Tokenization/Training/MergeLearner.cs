using System.Runtime.InteropServices;

namespace Herd.Engine.Tokenization.Training;

/// <summary>Learns pieces from counted words: what two neighbours make most often becomes the next piece, again and again.</summary>
/// <remarks>A new piece changes the cut of those words alone in which it joins something, so only they are counted anew.</remarks>
internal sealed class MergeLearner
{
    private readonly LearnedPieces _pieces;
    private readonly (string Text, long Count, string[] Cut)[] _words;
    private readonly Dictionary<string, Candidate> _candidates = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, Standing> _queue = new();

    /// <summary>A text that neighbours make: how often, and the words where they do or did.</summary>
    private sealed class Candidate
    {
        internal long Count { get; set; }

        internal HashSet<int> Words { get; } = [];
    }

    /// <summary>The order of candidates: those that cannot overlap themselves, then frequent, then short, then ordinally lower ones.</summary>
    private readonly record struct Standing(bool Overlaps, long Count, string Text) : IComparable<Standing>
    {
        public int CompareTo(Standing other)
        {
            var order = Overlaps.CompareTo(other.Overlaps);
            order = order != 0 ? order : other.Count.CompareTo(Count);
            order = order != 0 ? order : Text.Length.CompareTo(other.Text.Length);
            return order != 0 ? order : string.CompareOrdinal(Text, other.Text);
        }
    }

    /// <param name="pieces">Where pieces go; has all characters of the words.</param>
    /// <param name="words">Words and how often each was seen.</param>
    internal MergeLearner(LearnedPieces pieces, IEnumerable<KeyValuePair<string, long>> words)
    {
        _pieces = pieces;
        _words = [.. words.Select(word => (word.Key, word.Value, pieces.Cut(word.Key)))];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var word = 0; word < _words.Length; word++)
        {
            Count(word, 1, seen);
        }

        Enqueue(seen);
    }

    /// <summary>Adds the next pieces.</summary>
    /// <param name="most">How many at most; fewer where words run out.</param>
    /// <param name="overlapping">Whether pieces may be such as 'ana', which can stand over itself in 'anana'. They come last.</param>
    /// <param name="cancellation">Ends the work between two pieces.</param>
    internal void Learn(int most, bool overlapping, CancellationToken cancellation)
    {
        for (var learned = 0; learned < most && _queue.TryDequeue(out var text, out var standing);)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_candidates[text].Count != standing.Count || standing.Count == 0)
            {
                continue;
            }

            if (standing.Overlaps && !overlapping)
            {
                return;
            }

            _pieces.Add(text);
            CutAgain(_candidates[text].Words.ToArray());
            learned++;
        }
    }

    private void CutAgain(int[] words)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            Count(word, -1, changed);
            _words[word].Cut = _pieces.Cut(_words[word].Text);
            Count(word, 1, changed);
        }

        Enqueue(changed);
    }

    private void Count(int word, int sign, HashSet<string> seen)
    {
        var (_, count, cut) = _words[word];
        for (var left = 0; left + 1 < cut.Length; left++)
        {
            var joined = cut[left] + cut[left + 1];
            ref var candidate = ref CollectionsMarshal.GetValueRefOrAddDefault(_candidates, joined, out _);
            candidate ??= new Candidate();
            candidate.Count += sign * count;
            candidate.Words.Add(word);
            seen.Add(joined);
        }
    }

    private void Enqueue(IEnumerable<string> texts)
    {
        foreach (var text in texts.Where(text => _candidates[text].Count > 0))
        {
            _queue.Enqueue(text, new Standing(CanOverlap(text), _candidates[text].Count, text));
        }
    }

    /// <summary>Whether a text begins as it ends, so that two of it can share characters.</summary>
    private static bool CanOverlap(ReadOnlySpan<char> text)
    {
        for (var shared = 1; shared < text.Length; shared++)
        {
            if (text[..shared].SequenceEqual(text[^shared..]))
            {
                return true;
            }
        }

        return false;
    }
}
