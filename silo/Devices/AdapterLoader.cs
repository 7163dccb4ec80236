using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;

namespace Herd.Silo.Devices;

/// <summary>Brings adapter versions from the blob store into the engine's host memory, each once however many ask for it.</summary>
internal sealed class AdapterLoader(InferenceEngine engine, IBlobStore blobs, long cacheBytes) : IDisposable
{
    // Reading saturates a disk soon; more at one time would only delay the first.
    private const int ParallelLoads = 2;

    private readonly LeaseCache _idle = new(cacheBytes);
    private readonly SemaphoreSlim _turns = new(ParallelLoads);
    private readonly Dictionary<string, Task> _loading = new(StringComparer.Ordinal);
    private long _coldStarts;

    /// <summary>Requests that had to wait for their version, since the process started.</summary>
    internal long ColdStarts => Interlocked.Read(ref _coldStarts);

    /// <summary>A hold on a version, loaded first where need be.</summary>
    /// <exception cref="HerdException">The version's bytes are gone.</exception>
    /// <exception cref="Engine.EngineException">The version does not fit.</exception>
    internal async Task<AdapterLease> LeaseAsync(AdapterVersion version, CancellationToken cancellationToken)
    {
        for (var isCold = false; ; isCold = true)
        {
            if (engine.TryLeaseAdapter(version.Digest) is { } lease)
            {
                _idle.Touch(version.Digest);
                return lease;
            }

            if (!isCold)
            {
                Interlocked.Increment(ref _coldStarts);
            }

            var loading = Start(version);
            try
            {
                await loading.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Forget(version.Digest, loading);
            }
        }
    }

    /// <summary>Starts loading where need be.</summary>
    /// <returns>Whether the version is held.</returns>
    /// <exception cref="HerdException">The version's bytes are gone.</exception>
    /// <exception cref="Engine.EngineException">The version does not fit.</exception>
    internal async Task<bool> WarmAsync(AdapterVersion version)
    {
        if (IsHeld(version.Digest))
        {
            return true;
        }

        var loading = Start(version);
        if (loading.IsCompleted)
        {
            Forget(version.Digest, loading);
            await loading.ConfigureAwait(false);
        }

        return IsHeld(version.Digest);
    }

    internal void Drop(string version) => _idle.Drop(version);

    public void Dispose()
    {
        _idle.Dispose();
        _turns.Dispose();
    }

    private bool IsHeld(string version)
    {
        using var lease = engine.TryLeaseAdapter(version);
        _idle.Touch(version);
        return lease is not null;
    }

    private Task Start(AdapterVersion version)
    {
        lock (_loading)
        {
            if (!_loading.TryGetValue(version.Digest, out var loading))
            {
                loading = Task.Run(() => LoadAsync(version));
                _loading.Add(version.Digest, loading);
            }

            return loading;
        }
    }

    // A finished load is forgotten by whoever sees its result, so that a failure is told and the next asker tries again.
    private void Forget(string version, Task loading)
    {
        lock (_loading)
        {
            if (loading.IsCompleted && _loading.TryGetValue(version, out var present) && present == loading)
            {
                _loading.Remove(version);
            }
        }
    }

    private async Task LoadAsync(AdapterVersion version)
    {
        await _turns.WaitAsync().ConfigureAwait(false);
        try
        {
            var paths = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, blob) in version.Components)
            {
                paths[name] = await blobs.GetPathAsync(blob, CancellationToken.None).ConfigureAwait(false)
                    ?? throw HerdException.NotFound($"Version {version.Digest} of adapter '{version.Adapter}'");
            }

            using var package = AdapterPackage.Open(version.Manifest, paths, engine.Base.Config);
            var lease = await engine.LoadAdapterAsync(package, CancellationToken.None).ConfigureAwait(false);
            _idle.Add(lease);
        }
        finally
        {
            _turns.Release();
        }
    }
}
