namespace Herd.Engine.Adapters;

/// <summary>The adapters in host memory, each once however many hold it. Thread-safe.</summary>
internal sealed class AdapterRegistry : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private bool _disposed;

    /// <summary>Digests of the versions held.</summary>
    public IReadOnlyCollection<string> Versions
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Keys];
            }
        }
    }

    /// <summary>Their visual front ends.</summary>
    public FrontEndPool FrontEnds { get; } = new();

    /// <summary>Bytes of all versions in host memory, each visual front end counted once.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _entries.Values.Sum(entry => entry.Memory.OwnBytes) + FrontEnds.HostBytes;
            }
        }
    }

    /// <summary>Holds that have not been given back.</summary>
    public int Leases { get; private set; }

    /// <summary>Takes weights in, or drops them where the version is held already.</summary>
    /// <param name="version">The version's digest.</param>
    /// <param name="manifest">What it is.</param>
    /// <param name="weights">Its tensors; the registry owns them from here on.</param>
    /// <returns>A hold.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Stopped"/>: the engine is gone; the weights are freed.</exception>
    public AdapterLease Add(string version, AdapterManifest manifest, AdapterWeights weights)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                weights.Dispose();
                throw new EngineException(EngineErrorCode.Stopped, $"The adapter version {version} came too late: the engine is closed. Load it elsewhere.");
            }

            if (_entries.ContainsKey(version))
            {
                weights.Dispose();
            }
            else
            {
                _entries.Add(version, new Entry(manifest, weights));
            }

            return TryLease(version)!;
        }
    }

    /// <summary>Another hold on a version.</summary>
    /// <param name="version">The version's digest.</param>
    /// <returns>A hold; null where the version is not held.</returns>
    public AdapterLease? TryLease(string version)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(version, out var entry))
            {
                return null;
            }

            entry.Leases++;
            Leases++;
            return new AdapterLease(this, version, entry.Manifest, entry.Memory, entry.Weights);
        }
    }

    /// <summary>Gives a hold back; the last one frees the weights.</summary>
    /// <param name="version">The version's digest.</param>
    public void Release(string version)
    {
        lock (_lock)
        {
            Leases--;

            // Absent once the engine is gone: leases may outlive it.
            if (_entries.TryGetValue(version, out var entry) && --entry.Leases == 0)
            {
                _entries.Remove(version);
                entry.Weights.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                entry.Weights.Dispose();
            }

            _entries.Clear();
            _disposed = true;
        }
    }

    private sealed class Entry(AdapterManifest manifest, AdapterWeights weights)
    {
        public AdapterManifest Manifest { get; } = manifest;

        public AdapterMemory Memory { get; } = weights.Memory;

        public AdapterWeights Weights { get; } = weights;

        public int Leases { get; set; }
    }
}
