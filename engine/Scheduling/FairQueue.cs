namespace Herd.Engine.Scheduling;

/// <summary>
/// The sequences that wait, in one line for each scope. The line that was served least for its share comes next, so that a scope with many sequences holds up
/// its own and nobody else's.
/// </summary>
/// <remarks>
/// <para>Start-time fair queueing over tokens: a line's service is the tokens computed for it, divided by its share. A prompt is charged when its sequence begins
/// to run, or the same line would win every place of a step; generated tokens are charged as they are computed, and nothing is charged twice.</para>
/// <para>Only what happens while somebody waits counts: capacity that nobody else wanted is no debt, and having been away is no credit.</para>
/// <para>Integers only, single-threaded.</para>
/// </remarks>
internal sealed class FairQueue
{
    private readonly Dictionary<string, Line> _lines = [];

    /// <summary>Sequences that wait.</summary>
    public int Count { get; private set; }

    /// <summary>The first sequence of the line whose turn it is; null where nobody waits.</summary>
    public Sequence? Next => _lines.Values.Where(line => line.Waiting.Count > 0).Min()?.Waiting.First!.Value;

    /// <summary>Lets a new sequence wait at the end of its line.</summary>
    /// <param name="sequence">The sequence.</param>
    public void Add(Sequence sequence) => Join(sequence).Waiting.AddLast(sequence);

    /// <summary>Lets a sequence that was running wait at the head of its line.</summary>
    /// <param name="sequence">The sequence.</param>
    public void PutBack(Sequence sequence)
    {
        End(sequence);
        Join(sequence).Waiting.AddFirst(sequence);
    }

    /// <summary>Takes out a sequence that waits.</summary>
    /// <param name="sequence">The sequence; one that does not wait is no error.</param>
    public void Remove(Sequence sequence)
    {
        if (_lines.TryGetValue(sequence.Key.Scope, out var line) && line.Waiting.Remove(sequence))
        {
            Count--;
        }
    }

    /// <summary>A waiting sequence begins to run: its prompt is charged, but for what was in the cache.</summary>
    /// <param name="sequence">The sequence, with its cached tokens as computed.</param>
    public void Begin(Sequence sequence)
    {
        Remove(sequence);
        var line = _lines[sequence.Key.Scope];
        line.Running++;
        sequence.Charged = Math.Max(sequence.Charged, sequence.Computed);
        Charge(line, sequence, sequence.Tokens.Count);
    }

    /// <summary>Charges what has been computed of a running sequence and was not charged before.</summary>
    /// <param name="sequence">The sequence.</param>
    public void Serve(Sequence sequence) => Charge(_lines[sequence.Key.Scope], sequence, sequence.Computed);

    /// <summary>A running sequence runs no longer.</summary>
    /// <param name="sequence">The sequence.</param>
    public void End(Sequence sequence) => _lines[sequence.Key.Scope].Running--;

    /// <summary>How many sequences of a scope run.</summary>
    /// <param name="sequence">A sequence of the scope.</param>
    /// <returns>The number.</returns>
    public int RunningOf(Sequence sequence) => _lines.GetValueOrDefault(sequence.Key.Scope)?.Running ?? 0;

    private Line Join(Sequence sequence)
    {
        if (Count++ == 0)
        {
            Forget();
        }

        if (!_lines.TryGetValue(sequence.Key.Scope, out var line))
        {
            _lines.Add(sequence.Key.Scope, line = new Line());
        }

        var others = _lines.Values.Where(other => other.Waiting.Count > 0).ToArray();
        if (line.Waiting.Count == 0 && others.Length > 0)
        {
            line.Service = Math.Max(line.Service, others.Min(other => other.Service));
        }

        line.Share = sequence.Share;
        return line;
    }

    private void Forget()
    {
        foreach (var (scope, line) in _lines.ToArray())
        {
            line.Service = 0;
            if (line.Running == 0)
            {
                _lines.Remove(scope);
            }
        }
    }

    private static void Charge(Line line, Sequence sequence, int upTo)
    {
        var more = Math.Max(0, upTo - sequence.Charged);
        line.Service += (double)more / line.Share;
        sequence.Charged += more;
    }

    private sealed class Line : IComparable<Line>
    {
        public LinkedList<Sequence> Waiting { get; } = new();

        public int Running { get; set; }

        public int Share { get; set; } = 1;

        public double Service { get; set; }

        // Served alike, the one with less under way comes first, then the one that came first.
        public int CompareTo(Line? other) =>
            (Service, (double)Running / Share, Waiting.First!.Value.Id).CompareTo(
                (other!.Service, (double)other.Running / other.Share, other.Waiting.First!.Value.Id));
    }
}
