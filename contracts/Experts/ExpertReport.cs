namespace Herd.Contracts.Experts;

/// <summary>What became of an expert that was to be asked.</summary>
public enum ExpertOutcome
{
    /// <summary>It spoke, and its line is in the prompt.</summary>
    Spoke,

    /// <summary>It spoke, and there was no room for a word of it.</summary>
    NoRoom,

    /// <summary>It spoke, and was less sure than it has to be.</summary>
    Unsure,

    /// <summary>It found nothing to say, or there was nothing to ask it about.</summary>
    Silent,

    /// <summary>There is no such expert here.</summary>
    Missing,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It did not speak in time.</summary>
    TimedOut,

    /// <summary>Too many others were asking.</summary>
    Busy,
}

/// <summary>An expert that was to be asked for a prompt, and what it said.</summary>
[GenerateSerializer, Immutable, Alias("herd.ExpertReport")]
public sealed record ExpertReport
{
    /// <summary>Its name, as it was asked for.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>What became of it.</summary>
    [Id(1)]
    public required ExpertOutcome Outcome { get; init; }

    /// <summary>What the prompt calls it; empty where there is no such expert.</summary>
    [Id(2)]
    public string Label { get; init; } = "";

    /// <summary>All that it said, in one line; null where it said nothing.</summary>
    [Id(3)]
    public string? Text { get; init; }

    /// <summary>How sure it is, from 0 to 1.</summary>
    [Id(4)]
    public float Confidence { get; init; }

    /// <summary>Its line as it stands in the prompt; null where none does.</summary>
    [Id(5)]
    public string? Line { get; init; }

    /// <summary>Why it did not speak; null where it did.</summary>
    [Id(6)]
    public string? Reason { get; init; }

    /// <summary>How long it took.</summary>
    [Id(7)]
    public TimeSpan Duration { get; init; }

    /// <summary>Whether it had said the same before, and was not asked again.</summary>
    [Id(8)]
    public bool IsCached { get; init; }
}
