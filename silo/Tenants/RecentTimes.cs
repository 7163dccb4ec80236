namespace Herd.Silo.Tenants;

/// <summary>How long something took lately: nine of ten times no longer than <see cref="Typical"/>.</summary>
/// <param name="unknown">What is assumed until it has happened a few times.</param>
internal sealed class RecentTimes(TimeSpan unknown)
{
    private const int Remembered = 64;
    private const int Few = 4;
    private const double Quantile = 0.9;

    private readonly Queue<TimeSpan> _times = new();

    internal TimeSpan Typical { get; private set; } = unknown;

    internal void Add(TimeSpan time)
    {
        _times.Enqueue(time);
        if (_times.Count > Remembered)
        {
            _times.Dequeue();
        }

        if (_times.Count >= Few)
        {
            Typical = _times.Order().ElementAt((int)Math.Ceiling(Quantile * (_times.Count - 1)));
        }
    }
}
