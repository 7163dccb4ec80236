using System.Globalization;
using Herd.Engine.Training.Runs;

namespace Herd.Silo.Training;

/// <summary>How far a run is, as a job's process says it in a line.</summary>
/// <param name="StepsDone">Steps that are behind.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Smoothed loss.</param>
internal sealed record TrainingLine(long StepsDone, long Steps, double Loss)
{
    private const string Word = "progress";

    internal static TrainingLine Of(TrainingProgress progress) => new(progress.Last.Step + 1, progress.Steps, progress.Loss);

    /// <summary>Passes on what a line says; other lines say nothing.</summary>
    internal static void Read(string? line, Action<TrainingLine> told)
    {
        if (line?.Split(' ') is [Word, var done, var steps, var loss]
            && long.TryParse(done, NumberStyles.None, CultureInfo.InvariantCulture, out var stepsDone)
            && long.TryParse(steps, NumberStyles.None, CultureInfo.InvariantCulture, out var stepsInAll)
            && double.TryParse(loss, NumberStyles.Float, CultureInfo.InvariantCulture, out var lossNow)
            && double.IsFinite(lossNow))
        {
            told(new TrainingLine(stepsDone, stepsInAll, lossNow));
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Word} {StepsDone} {Steps} {Loss:r}");
}
