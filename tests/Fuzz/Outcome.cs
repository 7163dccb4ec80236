namespace Herd.Fuzz;

/// <summary>What went wrong with an input.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Index">The input's number: with the seed it makes the same bytes again.</param>
/// <param name="What">What happened.</param>
internal sealed record Finding(string Target, int Seed, long Index, string What);

/// <summary>What came of the inputs of one target.</summary>
internal sealed record Outcome(string Target)
{
    public long Inputs { get; set; }

    public long Refused { get; set; }

    public double Seconds { get; set; }

    public double SlowestMilliseconds { get; set; }

    /// <summary>Most bytes allocated on the managed heap for one input.</summary>
    public long MostAllocated { get; set; }

    /// <summary>Most bytes that the process had resident.</summary>
    public long PeakResident { get; set; }

    public List<Finding> Findings { get; init; } = [];
}
