namespace Herd.Engine.Adapters;

/// <summary>A hold on an adapter in host memory. The weights are freed with the last hold.</summary>
public sealed class AdapterLease : IDisposable
{
    private readonly AdapterRegistry _registry;
    private int _disposed;

    internal AdapterLease(AdapterRegistry registry, string version, AdapterManifest manifest, AdapterWeights weights)
    {
        (_registry, Version, Manifest, Weights) = (registry, version, manifest, weights);
    }

    /// <summary>The version's digest.</summary>
    public string Version { get; }

    /// <summary>What the version is.</summary>
    public AdapterManifest Manifest { get; }

    /// <summary>The host tensors, borrowed for as long as the lease is held.</summary>
    internal AdapterWeights Weights { get; }

    /// <summary>Gives the hold back; doing it twice is no error.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _registry.Release(Version);
        }
    }
}
