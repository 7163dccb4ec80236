namespace Herd.Demo.Ablation;

/// <summary>How much is trained and asked in the paper's comparisons.</summary>
public sealed record AblationOptions
{
    /// <summary>Optimiser steps of a run, the same for all.</summary>
    /// <value>Default 600; at least 1.</value>
    public long Steps { get; init; } = 600;

    /// <summary>Steps before them in which slots learn to hold what the base reads of words, once for each seed.</summary>
    /// <value>Default 300; at least 1.</value>
    public long SlotSteps { get; init; } = 300;

    /// <summary>Runs of each way of training, with the seeds 1, 2 and so on.</summary>
    /// <value>Default 3, the fewest that anything is concluded from; at least 1.</value>
    public int Seeds { get; init; } = 3;

    /// <summary>Test pictures of held-out scenes; each is asked about up to seven times.</summary>
    /// <value>Default 100; at least 1.</value>
    public int Pictures { get; init; } = 100;

    /// <summary>Most test instructions of a kind.</summary>
    /// <value>Default 25; at least 1.</value>
    public int InstructionsPerKind { get; init; } = 25;

    /// <summary>Ways of training that are run beside the reference, by their names.</summary>
    /// <value>Default empty: all of them.</value>
    public IReadOnlyList<string> Only { get; init; } = [];
}
