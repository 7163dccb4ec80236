using System.Collections.Concurrent;

namespace Herd.Silo.Telemetry;

/// <summary>Values of a metric's label, never more than a given number: each value costs memory here and at whoever stores the metrics.</summary>
/// <param name="most">How many values are told apart.</param>
internal sealed class BoundedLabel(int most)
{
    /// <summary>What stands for all values beyond the bound.</summary>
    internal const string Other = "other";

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The label for a value: itself, or <see cref="Other"/> where as many others came before.</summary>
    internal string Of(string value)
    {
        if (_known.ContainsKey(value))
        {
            return value;
        }

        if (Volatile.Read(ref _count) >= most)
        {
            return Other;
        }

        if (Interlocked.Increment(ref _count) <= most && _known.TryAdd(value, true))
        {
            return value;
        }

        // Either the bound was reached meanwhile, or somebody else added the same value.
        Interlocked.Decrement(ref _count);
        return _known.ContainsKey(value) ? value : Other;
    }
}
