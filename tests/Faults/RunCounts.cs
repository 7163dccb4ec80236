using Herd.Faults.Clients;

namespace Herd.Faults;

/// <summary>What was done in a run.</summary>
internal sealed class RunCounts
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _operations = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _faults = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _retries = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Operations => Copy(_operations);

    public IReadOnlyDictionary<string, long> Faults => Copy(_faults);

    /// <summary>Calls that were made again, by how the one before had ended.</summary>
    public IReadOnlyDictionary<string, long> Retries => Copy(_retries);

    /// <summary>The longest time between two messages of a stream whose gateway was left alone while the cluster could serve.</summary>
    public (TimeSpan For, TimeSpan Ended) LongestSilence { get; private set; }

    public void Operation(string kind, long count = 1) => Add(_operations, kind, count);

    public void Fault(string kind) => Add(_faults, kind, 1);

    public void Retry(AttemptEnd end) => Add(_retries, end.ToString().ToLowerInvariant(), 1);

    public void Silence(TimeSpan length, TimeSpan ended)
    {
        lock (_lock)
        {
            LongestSilence = length > LongestSilence.For ? (length, ended) : LongestSilence;
        }
    }

    private void Add(SortedDictionary<string, long> counts, string kind, long count)
    {
        lock (_lock)
        {
            counts[kind] = counts.GetValueOrDefault(kind) + count;
        }
    }

    private Dictionary<string, long> Copy(SortedDictionary<string, long> counts)
    {
        lock (_lock)
        {
            return new Dictionary<string, long>(counts);
        }
    }
}
