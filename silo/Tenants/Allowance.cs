namespace Herd.Silo.Tenants;

/// <summary>An amount per minute: a bucket that holds what a minute allows and fills evenly. It may be overdrawn by corrections, never by letting a request in.</summary>
internal sealed class Allowance
{
    // A client that comes back at the very moment it was told must not fail for the last bit of a fraction.
    private const double Tolerance = 1e-6;

    private double _level;
    private DateTimeOffset _filledAt;

    internal Allowance(double perMinute, DateTimeOffset now) => (PerMinute, _level, _filledAt) = (perMinute, perMinute, now);

    internal double PerMinute { get; private set; }

    /// <summary>What a request can cost at most: one that is larger than a minute's amount waits for all of it.</summary>
    internal double Cost(double amount) => Math.Min(amount, PerMinute);

    internal bool Has(double amount, DateTimeOffset at, DateTimeOffset now) => amount <= LevelAt(at, now) + Tolerance;

    /// <summary>The first moment at which there is an amount, if nobody takes any.</summary>
    internal DateTimeOffset When(double amount, DateTimeOffset now)
    {
        var missing = amount - LevelAt(now, now);
        return missing <= Tolerance ? now : now + TimeSpan.FromMilliseconds(Math.Ceiling(missing / PerMinute * 60_000));
    }

    internal void Take(double amount, DateTimeOffset now)
    {
        _level = LevelAt(now, now) - amount;
        _filledAt = now;
    }

    internal void Change(double perMinute, DateTimeOffset now)
    {
        _level = Math.Min(LevelAt(now, now) + perMinute - PerMinute, perMinute);
        (PerMinute, _filledAt) = (perMinute, now);
    }

    // The bucket is full at most now; what comes later is taken by those who were promised it before it could overflow.
    private double LevelAt(DateTimeOffset at, DateTimeOffset now) => Math.Min(PerMinute, _level + Filled(now - _filledAt)) + Filled(at - now);

    private double Filled(TimeSpan time) => PerMinute * time.TotalMinutes;
}
