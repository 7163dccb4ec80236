using Herd.Engine.Training;

namespace Herd.Demo.Ablation;

/// <summary>The loss on a source's batches over the steps of a run.</summary>
/// <param name="Source">The source.</param>
/// <param name="Final">Mean over the last fifth of its steps.</param>
/// <param name="Points">Means of neighbouring steps.</param>
public sealed record LossCurve(string Source, double Final, IReadOnlyList<LossPoint> Points)
{
    private const int MostPoints = 30;
    private const int LastPart = 5;

    /// <summary>The curves of a run's steps, one a source.</summary>
    /// <param name="steps">The steps in order.</param>
    /// <returns>The curves.</returns>
    internal static IReadOnlyList<LossCurve> Of(IEnumerable<TrainingStep> steps) => [.. steps.GroupBy(step => step.Source).Select(source => Of(source.Key, [.. source]))];

    private static LossCurve Of(string source, TrainingStep[] steps) => new(
        source,
        Round(steps[^Math.Max(1, steps.Length / LastPart)..].Average(step => step.Loss)),
        [.. steps.Chunk(Math.Max(1, steps.Length / MostPoints)).Select(part => new LossPoint(Round(part.Average(step => (double)step.Step)), Round(part.Average(step => step.Loss))))]);

    private static double Round(double value) => Math.Round(value, 4);
}

/// <summary>A point of a curve.</summary>
/// <param name="Step">The step.</param>
/// <param name="Loss">The loss there.</param>
public sealed record LossPoint(double Step, double Loss);
