namespace Herd.Silo.Tenants;

/// <summary>What was promised to a request that was told to come back.</summary>
internal sealed record Booking(string Fingerprint, RequestCost Cost, DateTimeOffset Made, DateTimeOffset Due);

/// <summary>What a request takes: one of the requests of a minute, tokens, and places.</summary>
internal readonly record struct RequestCost(double Tokens, int Sequences);

/// <summary>
/// Who was told to come back and when. What they need is kept for them against those who come for the first time, so that the time they were told proves right.
/// </summary>
/// <remarks>A request is known by what it asks: clients send the same again. Those who do not come are forgotten, and where most do not, nothing is kept.</remarks>
internal sealed class Bookings
{
    internal const int Most = 1024;

    /// <summary>How long a promise holds: HTTP tells whole seconds, and messages take their time.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private const double Memory = 1 / 16.0;
    private const double Reliable = 0.8;

    private readonly List<Booking> _byDue = [];
    private readonly RecentTimes _late = new(TimeSpan.FromSeconds(1));
    private double _comeBack = 1;

    /// <summary>The promises that hold, by their time.</summary>
    internal IReadOnlyList<Booking> All => _byDue;

    /// <summary>How much of each promise is kept free.</summary>
    internal double Weight => _comeBack >= Reliable ? 1 : _comeBack;

    /// <summary>How late those come who come.</summary>
    internal TimeSpan Late => _late.Typical;

    internal DateTimeOffset? LastDue => _byDue.Count > 0 ? _byDue[^1].Due : null;

    internal void Add(Booking booking)
    {
        if (_byDue.Count < Most)
        {
            _byDue.Insert(_byDue.FindLastIndex(before => before.Due <= booking.Due) + 1, booking);
        }
    }

    /// <summary>The promise made to one who asks this; null where there is none.</summary>
    internal Booking? Find(string fingerprint) => _byDue.Find(booking => booking.Fingerprint == fingerprint);

    /// <summary>Ends a promise: who it was made to has come.</summary>
    internal void Redeem(Booking booking, DateTimeOffset now)
    {
        _byDue.Remove(booking);
        Learn(1);
        if (now >= booking.Due)
        {
            _late.Add(now - booking.Due);
        }
    }

    internal void Forget(DateTimeOffset now)
    {
        while (_byDue.Count > 0 && _byDue[0].Due + Grace < now)
        {
            _byDue.RemoveAt(0);
            Learn(0);
        }
    }

    private void Learn(double came) => _comeBack += (came - _comeBack) * Memory;
}
