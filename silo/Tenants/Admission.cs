namespace Herd.Silo.Tenants;

/// <summary>Counts the requests that run for one tenant. A place that is not given back falls free after a while.</summary>
internal sealed class Admission(int places, TimeProvider time)
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, DateTimeOffset> _taken = new(StringComparer.Ordinal);

    internal int Places => places;

    /// <summary>Takes a place; a request that has one keeps it.</summary>
    /// <returns>False where all are taken.</returns>
    internal bool TryEnter(string requestId)
    {
        var now = time.GetUtcNow();
        foreach (var (id, _) in _taken.Where(entry => entry.Value <= now).ToArray())
        {
            _taken.Remove(id);
        }

        if (_taken.Count >= places && !_taken.ContainsKey(requestId))
        {
            return false;
        }

        _taken[requestId] = now + Lifetime;
        return true;
    }

    internal void Leave(string requestId) => _taken.Remove(requestId);
}
