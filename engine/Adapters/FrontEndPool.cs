using Herd.Engine.Vision;

namespace Herd.Engine.Adapters;

/// <summary>What makes two visual front ends the same.</summary>
/// <param name="Component">Digest of the component that holds its tensors.</param>
/// <param name="Heads">Attention heads of a block, which stand in no tensor.</param>
internal sealed record FrontEndKey(string Component, int Heads);

/// <summary>The visual front ends in memory, each once however many versions have it; freed with the last of them. Thread-safe.</summary>
internal sealed class FrontEndPool
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FrontEndKey, PlacedFrontEnd> _held = [];

    /// <summary>Front ends held.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>Bytes that all of them take in host memory.</summary>
    public long HostBytes
    {
        get
        {
            lock (_lock)
            {
                return _held.Values.Sum(placed => placed.HostBytes);
            }
        }
    }

    /// <summary>Takes a hold on a front end, which is made where nobody holds it.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="make">Makes it; the pool owns what it makes. It runs outside the lock, since it may convert hundreds of megabytes.</param>
    /// <returns>A hold; the front end is freed with the last one.</returns>
    public FrontEndLease Lease(FrontEndKey key, Func<VisualFrontEnd> make)
    {
        if (TryLease(key) is { } held)
        {
            return held;
        }

        var made = new PlacedFrontEnd(make());
        lock (_lock)
        {
            if (!_held.TryAdd(key, made))
            {
                made.Dispose(); // another was first
            }

            return TryLease(key)!;
        }
    }

    /// <summary>Gives a hold back.</summary>
    /// <param name="key">Which front end.</param>
    public void Release(FrontEndKey key)
    {
        lock (_lock)
        {
            var placed = _held[key];
            if (--placed.Leases == 0)
            {
                _held.Remove(key);
                placed.Dispose();
            }
        }
    }

    private FrontEndLease? TryLease(FrontEndKey key)
    {
        lock (_lock)
        {
            if (!_held.TryGetValue(key, out var placed))
            {
                return null;
            }

            placed.Leases++;
            return new FrontEndLease(this, key, placed);
        }
    }
}
