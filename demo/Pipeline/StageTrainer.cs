using System.Diagnostics;
using System.Globalization;
using Herd.Engine.Training;
using Herd.Engine.Training.Runs;

namespace Herd.Demo.Pipeline;

/// <summary>Trains a stage for so many steps, or for the time it has: a few steps on the side tell how long one takes, and so how many there will be.</summary>
/// <param name="folder">The demo's folder.</param>
/// <param name="tell">Told how it goes.</param>
internal sealed class StageTrainer(DemoFolder folder, Action<string> tell)
{
    private const int Tried = 8;
    private const int CheckpointEvery = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    /// <summary>Runs on a thread of its own, since tensors' scopes belong to a thread.</summary>
    /// <param name="train">What trains.</param>
    public static Task OnItsThreadAsync(Action train) => Task.Factory.StartNew(train, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Trains, from the last checkpoint on where there is one.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="budget">The time it has.</param>
    /// <param name="open">Opens what is trained, for so many steps.</param>
    /// <param name="save">Saves the result.</param>
    /// <param name="cancellationToken">Stops after a step; the run can go on.</param>
    public void Train(string stage, TimeSpan budget, Func<long, Trained> open, Action<Trained> save, CancellationToken cancellationToken)
    {
        var run = new RunFolder(folder.Run(stage));
        Directory.CreateDirectory(run.Path);
        Train(stage, StepsOf(run, budget, open), open, save, cancellationToken);
    }

    /// <summary>Trains, from the last checkpoint on where there is one.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="steps">Its steps; as many as before where the run goes on.</param>
    /// <param name="open">Opens what is trained, for so many steps.</param>
    /// <param name="save">Saves the result.</param>
    /// <param name="cancellationToken">Stops after a step; the run can go on.</param>
    public void Train(string stage, long steps, Func<long, Trained> open, Action<Trained> save, CancellationToken cancellationToken)
    {
        var run = new RunFolder(folder.Run(stage));
        Directory.CreateDirectory(run.Path);
        using var trained = open(steps);
        using var trainer = new Trainer(trained.Plan, trained.Tensors, trained.Tasks);
        var watch = Stopwatch.StartNew();
        new TrainingRun(trainer, run, CheckpointEvery).Run(new Now(progress => Tell(stage, progress)), cancellationToken);
        save(trained);
        tell(string.Create(CultureInfo.InvariantCulture, $"{stage}: done, {trainer.StepsDone} steps, {watch.Elapsed:hh\\:mm\\:ss}"));
    }

    /// <summary>Fixed once: a run that goes on has as many steps as it began with.</summary>
    private static long StepsOf(RunFolder run, TimeSpan budget, Func<long, Trained> open)
    {
        var file = Path.Combine(run.Path, "steps");
        if (File.Exists(file))
        {
            return long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
        }

        // A run of so few steps goes through the whole course of its rows: those at the beginning alone are shorter than most.
        using var tried = open(Tried + 1);
        using var trainer = new Trainer(tried.Plan, tried.Tensors, tried.Tasks);
        trainer.Step();
        var watch = Stopwatch.StartNew();
        for (var step = 0; step < Tried; step++)
        {
            trainer.Step();
        }

        var steps = Math.Max(Tried, (long)(budget / (watch.Elapsed / Tried)));
        File.WriteAllText(file, steps.ToString(CultureInfo.InvariantCulture));
        return steps;
    }

    private DateTime _told;

    private void Tell(string stage, TrainingProgress progress)
    {
        if (DateTime.UtcNow - _told < Pause)
        {
            return;
        }

        _told = DateTime.UtcNow;
        tell(string.Create(CultureInfo.InvariantCulture, $"{stage}: step {progress.Last.Step + 1} of {progress.Steps}, loss {progress.Loss:f3}, {progress.TokensPerSecond:f0} tokens/s, {progress.Left:hh\\:mm\\:ss} left"));
    }

    private sealed class Now(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
