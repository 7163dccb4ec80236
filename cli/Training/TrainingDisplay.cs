using System.Globalization;
using Herd.Engine.Training.Runs;
using Spectre.Console;

namespace Herd.Cli.Training;

/// <summary>Shows how far a run is: a bar on a terminal, otherwise a line every few seconds.</summary>
internal static class TrainingDisplay
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Runs something that reports progress, and shows it.</summary>
    /// <param name="run">What runs; it ends when the run has ended.</param>
    /// <returns>What it gives.</returns>
    internal static async Task<T> ShowAsync<T>(Func<IProgress<TrainingProgress>, Task<T>> run)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive)
        {
            return await run(new Lines(AnsiConsole.Console)).ConfigureAwait(false);
        }

        return await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask("step 0");
            return await run(new Bar(bar)).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static string Text(TrainingProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"step {progress.Last.Step + 1} of {progress.Steps}  loss {progress.Loss:f4}  rate {progress.Last.Rate:g3}  {progress.TokensPerSecond:f0} tokens/s  {progress.Left:hh\\:mm\\:ss} left");

    private sealed class Bar(ProgressTask task) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            task.MaxValue = value.Steps;
            task.Value = value.Last.Step + 1;
            task.Description = Markup.Escape(Text(value));
        }
    }

    private sealed class Lines(IAnsiConsole console) : IProgress<TrainingProgress>
    {
        private DateTime _last;

        public void Report(TrainingProgress value)
        {
            if (DateTime.UtcNow - _last >= Pause || value.Last.Step + 1 == value.Steps)
            {
                _last = DateTime.UtcNow;
                console.WriteLine(Text(value));
            }
        }
    }
}
