using Herd.Engine.Adapters;

namespace Herd.Silo.Devices;

/// <summary>Keeps adapter versions that nobody uses in host memory, the least recently used going first. Thread-safe.</summary>
/// <remarks>A version that running sequences hold lives on when it goes from here; its memory returns with the last of them.</remarks>
internal sealed class LeaseCache(long maximumBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _byUse = [];
    private readonly Dictionary<string, LinkedListNode<Entry>> _byVersion = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Takes a lease in. The newest stays whatever its size, so that whoever waited for it finds it.</summary>
    internal void Add(AdapterLease lease, long bytes)
    {
        lock (_gate)
        {
            Remove(lease.Version);
            _byVersion.Add(lease.Version, _byUse.AddFirst(new Entry(lease, bytes)));
            _bytes += bytes;
            while (_bytes > maximumBytes && _byUse.Count > 1)
            {
                Remove(_byUse.Last!.Value.Lease.Version);
            }
        }
    }

    internal void Touch(string version)
    {
        lock (_gate)
        {
            if (_byVersion.TryGetValue(version, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }
        }
    }

    internal void Drop(string version)
    {
        lock (_gate)
        {
            Remove(version);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var version in _byVersion.Keys.ToArray())
            {
                Remove(version);
            }
        }
    }

    private void Remove(string version)
    {
        if (_byVersion.Remove(version, out var node))
        {
            _byUse.Remove(node);
            _bytes -= node.Value.Bytes;
            node.Value.Lease.Dispose();
        }
    }

    private sealed record Entry(AdapterLease Lease, long Bytes);
}
