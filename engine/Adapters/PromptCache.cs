using Herd.Engine.KvCache;

namespace Herd.Engine.Adapters;

/// <summary>Prompt keys and values by what they depend on; those no sequence holds are dropped, least recently used first, beyond a number of bytes.</summary>
/// <remarks>Device thread only. Owns what it holds.</remarks>
internal sealed class PromptCache(long maximumIdleBytes) : IDisposable
{
    private readonly Dictionary<KvKey, Entry> _entries = [];
    private readonly LinkedList<KvKey> _idle = new();
    private long _idleBytes;

    /// <summary>Entries held by sequences or kept for later.</summary>
    public int Count => _entries.Count;

    /// <summary>Holds that have not been given back.</summary>
    public int Leases => _entries.Values.Sum(entry => entry.Leases);

    /// <summary>Whether an entry is there, so that a hold on it costs nothing.</summary>
    /// <param name="key">What it depends on.</param>
    /// <returns>True where it is.</returns>
    public bool Has(KvKey key) => _entries.ContainsKey(key);

    /// <summary>Takes a hold on an entry, which is computed where it is not there.</summary>
    /// <param name="key">What it depends on.</param>
    /// <param name="compute">Computes it.</param>
    /// <returns>The keys and values, borrowed until <see cref="Release"/>.</returns>
    public PromptKeyValues Lease(KvKey key, Func<PromptKeyValues> compute)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            entry = new Entry(compute());
            _entries.Add(key, entry);
        }
        else if (entry.Leases == 0)
        {
            _idle.Remove(key);
            _idleBytes -= entry.Value.Bytes;
        }

        entry.Leases++;
        return entry.Value;
    }

    /// <summary>Gives a hold back.</summary>
    /// <param name="key">What it depends on.</param>
    public void Release(KvKey key)
    {
        var entry = _entries[key];
        if (--entry.Leases > 0)
        {
            return;
        }

        _idle.AddLast(key);
        _idleBytes += entry.Value.Bytes;
        while (_idleBytes > maximumIdleBytes)
        {
            var oldest = _idle.First!.Value;
            _idle.RemoveFirst();
            _entries.Remove(oldest, out var dropped);
            _idleBytes -= dropped!.Value.Bytes;
            dropped.Value.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Value.Dispose();
        }

        _entries.Clear();
    }

    private sealed class Entry(PromptKeyValues value)
    {
        public PromptKeyValues Value { get; } = value;

        public int Leases { get; set; }
    }
}
