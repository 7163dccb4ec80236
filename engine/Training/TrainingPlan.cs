using System.Collections.Immutable;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Parameters;

namespace Herd.Engine.Training;

/// <summary>How something is trained: what, by which source, how fast and how long. Data, not code.</summary>
public sealed record TrainingPlan
{
    /// <summary>What trains; everything else is frozen.</summary>
    public required ImmutableArray<ParameterGroup> Groups { get; init; }

    /// <summary>The learning rate by step.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Share of the steps by source; sources that are not named have 1.</summary>
    public ImmutableDictionary<string, double> Shares { get; init; } = ImmutableDictionary<string, double>.Empty;

    /// <summary>Batches of a step, all of one source, whose gradients are averaged.</summary>
    /// <value>Default 1.</value>
    public int Accumulation { get; init; } = 1;

    /// <summary>Longest that the gradient of a step may be, all its tensors together; longer ones are shortened.</summary>
    /// <value>Default null: as long as it is, as in the official program.</value>
    public double? MaxGradient { get; init; }

    /// <summary>Constants of AdamW.</summary>
    public AdamWSettings AdamW { get; init; } = new();

    /// <summary>Throws where a value is out of range; all faults together.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming each value and its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        void Require(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }

        Require(!Groups.IsDefaultOrEmpty, "Groups: expected at least one, found none.");
        Require(Schedule.Steps >= 1, $"Schedule.Steps is {Schedule.Steps}, expected at least 1.");
        Require(Schedule.WarmUp >= 0 && Schedule.WarmUp <= Schedule.Steps, $"Schedule.WarmUp is {Schedule.WarmUp}, expected 0 to {Schedule.Steps}.");
        Require(double.IsFinite(Schedule.Peak) && Schedule.Peak >= 0, $"Schedule.Peak is {Schedule.Peak}, expected a number of at least 0.");
        Require(Accumulation >= 1, $"Accumulation is {Accumulation}, expected at least 1.");
        Require(MaxGradient is null or > 0, $"MaxGradient is {MaxGradient}, expected more than 0.");
        Require(AdamW is { Beta1: >= 0 and < 1, Beta2: >= 0 and < 1, Epsilon: > 0 }, $"{AdamW}: expected betas from 0 to below 1 and an epsilon above 0.");
        foreach (var (source, share) in Shares)
        {
            Require(share > 0 && double.IsFinite(share), $"The share of '{source}' is {share}, expected more than 0.");
        }

        if (faults.Count > 0)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "Training: " + string.Join(' ', faults));
        }
    }
}
