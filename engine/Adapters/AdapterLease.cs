namespace Herd.Engine.Adapters;

/// <summary>A hold on an adapter in host memory. The weights are freed with the last hold.</summary>
public sealed class AdapterLease : IDisposable
{
    private readonly AdapterRegistry _registry;
    private AdapterWeights? _weights; // not kept once it is given back: leases may be

    internal AdapterLease(AdapterRegistry registry, string version, AdapterManifest manifest, AdapterMemory memory, AdapterWeights weights)
    {
        (_registry, Version, Manifest, Memory, _weights) = (registry, version, manifest, memory, weights);
    }

    /// <summary>The version's digest.</summary>
    public string Version { get; }

    /// <summary>What the version is.</summary>
    public AdapterManifest Manifest { get; }

    /// <summary>What the version takes in host memory.</summary>
    public AdapterMemory Memory { get; }

    /// <summary>The host tensors, borrowed for as long as the lease is held.</summary>
    internal AdapterWeights Weights => _weights ?? throw new ObjectDisposedException(nameof(AdapterLease));

    /// <summary>Gives the hold back; doing it twice is no error.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _weights, null) is not null)
        {
            _registry.Release(Version);
        }
    }
}
