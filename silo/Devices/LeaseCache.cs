using Herd.Engine.Adapters;

namespace Herd.Silo.Devices;

/// <summary>Keeps adapter versions that nobody uses in host memory, the least recently used going first. Thread-safe.</summary>
/// <remarks>
/// <para>A version that running sequences hold lives on when it goes from here; its memory returns with the last of them.</para>
/// <para>What several versions share counts once, so the last of those that share it is the one whose going frees it.</para>
/// </remarks>
internal sealed class LeaseCache(long maximumBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<AdapterLease> _byUse = [];
    private readonly Dictionary<string, LinkedListNode<AdapterLease>> _byVersion = new(StringComparer.Ordinal);

    /// <summary>Takes a lease in. The newest stays whatever its size, so that whoever waited for it finds it.</summary>
    internal void Add(AdapterLease lease)
    {
        lock (_gate)
        {
            Remove(lease.Version);
            _byVersion.Add(lease.Version, _byUse.AddFirst(lease));
            while (_byUse.Count > 1 && AdapterMemory.Sum(_byUse.Select(held => held.Memory)) > maximumBytes)
            {
                Remove(_byUse.Last!.Value.Version);
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
            node.Value.Dispose();
        }
    }
}
