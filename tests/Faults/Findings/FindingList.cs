using Herd.Faults.Clients;
using Herd.Faults.Injection;

namespace Herd.Faults.Findings;

/// <summary>All findings of a run: every one is counted, the first ones are kept whole.</summary>
internal sealed class FindingList(FaultLog faults, RunClock clock)
{
    private const int MostKept = 200;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<Finding> _kept = [];
    private readonly Dictionary<FindingKind, int> _counts = [];

    /// <summary>The first ones.</summary>
    public IReadOnlyList<Finding> Kept
    {
        get
        {
            lock (_lock)
            {
                return [.. _kept];
            }
        }
    }

    /// <summary>How many there are of a kind.</summary>
    public int Count(FindingKind kind)
    {
        lock (_lock)
        {
            return _counts.GetValueOrDefault(kind);
        }
    }

    /// <summary>How many there are.</summary>
    public int Total => Enum.GetValues<FindingKind>().Sum(Count);

    /// <summary>Something was found while a client wanted something.</summary>
    public void Add(FindingKind kind, Operation operation, string expected, string found) =>
        Add(kind, $"{operation.Who}: {operation.What}", operation.Began, expected, found, operation.History);

    /// <summary>Something was found.</summary>
    /// <param name="kind">Which promise was broken.</param>
    /// <param name="who">Whose request it was.</param>
    /// <param name="began">When what led to it began.</param>
    /// <param name="expected">What should have been.</param>
    /// <param name="found">What was.</param>
    /// <param name="history">What was done and seen.</param>
    public void Add(FindingKind kind, string who, TimeSpan began, string expected, string found, IReadOnlyList<string> history)
    {
        var now = clock.Now;
        string[] around = [.. faults.Within(began - Before, now).Select(disturbance => disturbance.ToString())];
        lock (_lock)
        {
            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            if (_kept.Count < MostKept)
            {
                _kept.Add(new Finding(kind, who, now.TotalSeconds, expected, found, history, around));
            }
        }
    }
}
