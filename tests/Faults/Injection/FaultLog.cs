using Herd.Faults.Plan;

namespace Herd.Faults.Injection;

/// <summary>When which part was disturbed, and so what a client could expect when.</summary>
internal sealed class FaultLog
{
    // Connections that broke with a part are noticed a little later.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Disturbance> _disturbances = [];

    /// <summary>Whether anything is disturbed.</summary>
    public bool IsCalm
    {
        get
        {
            lock (_lock)
            {
                return _disturbances.TrueForAll(disturbance => disturbance.Until < TimeSpan.MaxValue);
            }
        }
    }

    /// <summary>A part is about to be disturbed.</summary>
    /// <param name="part">Which.</param>
    /// <param name="what">By what.</param>
    /// <param name="now">Now.</param>
    /// <returns>Ends with <see cref="End"/>.</returns>
    public Disturbance Begin(Part part, string what, TimeSpan now)
    {
        var disturbance = new Disturbance(part, what, now);
        lock (_lock)
        {
            _disturbances.Add(disturbance);
        }

        return disturbance;
    }

    /// <summary>A part is well again.</summary>
    public void End(Disturbance disturbance, TimeSpan now)
    {
        lock (_lock)
        {
            disturbance.Until = now;
        }
    }

    /// <summary>Whether a part was disturbed in a time.</summary>
    public bool Disturbs(Part part, TimeSpan from, TimeSpan until) => Within(from - Margin, until).Any(disturbance => disturbance.Part == part);

    /// <summary>What was disturbed in a time.</summary>
    public IReadOnlyList<Disturbance> Within(TimeSpan from, TimeSpan until)
    {
        lock (_lock)
        {
            return [.. _disturbances.Where(disturbance => disturbance.Overlaps(from, until))];
        }
    }

    /// <summary>How much of a time the cluster could serve: a gateway, a silo and the database were left alone.</summary>
    public TimeSpan Serving(TimeSpan from, TimeSpan until)
    {
        var within = Within(from, until);
        var edges = within.SelectMany(disturbance => new[] { disturbance.From, disturbance.Until })
            .Where(edge => edge > from && edge < until)
            .Append(from).Append(until).Distinct().Order().ToArray();
        return edges.Zip(edges.Skip(1)).Where(span => Serves(within, span.First, span.Second)).Aggregate(TimeSpan.Zero, (sum, span) => sum + (span.Second - span.First));
    }

    /// <summary>Whether the cluster could serve all the time.</summary>
    public bool ServesThroughout(TimeSpan from, TimeSpan until) => Serving(from - Margin, until) == until - from + Margin;

    private static bool Serves(IReadOnlyList<Disturbance> within, TimeSpan from, TimeSpan until)
    {
        var away = within.Where(disturbance => disturbance.Overlaps(from, until)).Select(disturbance => disturbance.Part).ToHashSet();
        return !away.Contains(Part.Database) && Part.Silos.Any(part => !away.Contains(part)) && Part.Gateways.Any(part => !away.Contains(part));
    }
}
