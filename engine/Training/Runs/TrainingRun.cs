using System.Diagnostics;

namespace Herd.Engine.Training.Runs;

/// <summary>Runs a trainer to its end in a folder: metrics for each step, a checkpoint every so many, and on from the last one after a stop.</summary>
/// <param name="trainer">The trainer, borrowed.</param>
/// <param name="folder">The folder.</param>
/// <param name="checkpointEvery">Steps between checkpoints, at least 1.</param>
public sealed class TrainingRun(Trainer trainer, RunFolder folder, int checkpointEvery)
{
    private const double Smoothing = 0.95;

    /// <summary>Runs on the calling thread, which computes all the while.</summary>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops after a step; the work up to there is kept in a checkpoint.</param>
    /// <exception cref="DivergedException">Loss or gradient is not finite; the last checkpoint is good.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (File.Exists(folder.Checkpoint))
        {
            trainer.Load(folder.Checkpoint);
        }

        using var log = new MetricsLog(folder.Metrics, trainer.StepsDone);
        var (watch, first, tokens, loss) = (Stopwatch.StartNew(), trainer.StepsDone, 0L, (double?)null);
        while (!trainer.IsDone)
        {
            var step = trainer.Step();
            log.Add(step);
            tokens += step.Tokens;
            loss = loss is { } before ? (Smoothing * before) + ((1 - Smoothing) * step.Loss) : step.Loss;
            var left = watch.Elapsed / (trainer.StepsDone - first) * (trainer.Steps - trainer.StepsDone);
            progress?.Report(new TrainingProgress(step, trainer.Steps, loss.Value, tokens / watch.Elapsed.TotalSeconds, left));
            if (trainer.StepsDone % checkpointEvery == 0 || trainer.IsDone || cancellationToken.IsCancellationRequested)
            {
                trainer.Save(folder.Checkpoint);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
