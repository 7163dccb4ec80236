namespace Herd.Silo.Tenants;

/// <summary>What several clients ask alike, so that one of them who comes is not taken for another who comes back too early.</summary>
internal sealed class SharedFingerprints
{
    private const int Most = 1024;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, DateTimeOffset> _seenAt = new(StringComparer.Ordinal);

    internal bool Has(string fingerprint, DateTimeOffset now) => _seenAt.TryGetValue(fingerprint, out var seen) && now - seen < Remembered;

    internal void Add(string fingerprint, DateTimeOffset now)
    {
        if (_seenAt.Count >= Most)
        {
            Forget(now);
        }

        if (_seenAt.Count < Most)
        {
            _seenAt[fingerprint] = now;
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var fingerprint in _seenAt.Keys.Where(fingerprint => !Has(fingerprint, now)).ToArray())
        {
            _seenAt.Remove(fingerprint);
        }
    }
}
