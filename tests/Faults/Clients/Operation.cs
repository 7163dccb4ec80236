namespace Herd.Faults.Clients;

/// <summary>Something that a client wants, with all that it did for it.</summary>
/// <param name="who">The client.</param>
/// <param name="what">What it wants.</param>
/// <param name="clock">The run's clock.</param>
internal sealed class Operation(string who, string what, RunClock clock)
{
    private readonly List<string> _history = [];
    private readonly List<Attempt> _attempts = [];

    public string Who => who;

    public string What => what;

    public TimeSpan Began { get; } = clock.Now;

    /// <summary>Its calls so far.</summary>
    public IReadOnlyList<Attempt> Attempts => _attempts;

    /// <summary>What was done and seen, in order.</summary>
    public IReadOnlyList<string> History => [.. _history];

    /// <summary>Whether it is not known what became of one of its calls.</summary>
    public bool IsUncertain => _attempts.Exists(attempt => attempt.End is AttemptEnd.Cut or AttemptEnd.Silent or AttemptEnd.Broken);

    public void Note(string words) => _history.Add($"{clock.Now.TotalSeconds:F1} s: {words}");

    public void Add(Attempt attempt)
    {
        _attempts.Add(attempt);
        _history.Add(attempt.ToString());
    }
}
