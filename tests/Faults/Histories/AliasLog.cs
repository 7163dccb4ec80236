namespace Herd.Faults.Histories;

/// <summary>Where an alias may have pointed when, by what its only mover asked for and was told.</summary>
/// <param name="first">The version it points to at the beginning.</param>
internal sealed class AliasLog(string first)
{
    private readonly Lock _lock = new();
    private readonly List<Move> _moves = [new Move([first]) { Began = TimeSpan.MinValue, Acknowledged = TimeSpan.MinValue }];

    /// <summary>The alias is about to be moved.</summary>
    /// <param name="versions">Where it may point until the move is acknowledged, beside where it may have pointed before.</param>
    /// <param name="now">Now.</param>
    public void Begin(IReadOnlyCollection<string> versions, TimeSpan now)
    {
        lock (_lock)
        {
            _moves.Add(new Move(versions) { Began = now });
        }
    }

    /// <summary>The last move was acknowledged: it points there and nowhere else.</summary>
    public void Acknowledge(TimeSpan now)
    {
        lock (_lock)
        {
            _moves[^1].Acknowledged = now;
        }
    }

    /// <summary>All versions that a look at the alias may have found.</summary>
    /// <param name="from">When the look began.</param>
    /// <param name="until">When it was answered.</param>
    public IReadOnlySet<string> Possible(TimeSpan from, TimeSpan until)
    {
        lock (_lock)
        {
            var certain = _moves.FindLastIndex(move => move.Acknowledged <= from);
            return _moves.Skip(certain).Where(move => move.Began <= until).SelectMany(move => move.Versions).ToHashSet(StringComparer.Ordinal);
        }
    }

    private sealed class Move(IReadOnlyCollection<string> versions)
    {
        public IReadOnlyCollection<string> Versions => versions;

        public TimeSpan Began { get; init; }

        public TimeSpan? Acknowledged { get; set; }
    }
}
