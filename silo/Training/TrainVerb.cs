using System.Globalization;
using Herd.Engine;
using Herd.Engine.Training.Runs;
using Herd.Silo.Storage;

namespace Herd.Silo.Training;

/// <summary>What a job's process does: <c>Herd.Silo train FOLDER SECONDS</c> runs what the folder's configuration says, until its input ends.</summary>
internal static class TrainVerb
{
    /// <summary>The run is whole.</summary>
    internal const int Done = 0;

    /// <summary>The run cannot be made; why is told.</summary>
    internal const int Failed = 3;

    /// <summary>It was asked to end, and can be gone on with.</summary>
    internal const int Stopped = 4;

    /// <summary>Another process works in the folder.</summary>
    internal const int InUse = 5;

    private const string Name = "train";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    internal static string[] CommandLine(string folder, TimeSpan stopTimeout) => [Name, folder, stopTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)];

    internal static bool Takes(string[] arguments) => arguments is [Name, _, _];

    /// <summary>Runs.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="input">Nobody writes to it; it ends with the process that started this one.</param>
    /// <param name="output">For progress.</param>
    /// <param name="error">For the failure.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(string[] arguments, Stream input, TextWriter output, TextWriter error)
    {
        var (folder, stopTimeout) = (arguments[1], TimeSpan.FromSeconds(double.Parse(arguments[2], CultureInfo.InvariantCulture)));
        using var stop = new CancellationTokenSource();
        new Thread(() => EndWith(input, stop, stopTimeout)) { IsBackground = true, Name = "parent" }.Start();
        try
        {
            using var held = FileLock.Take(Path.Combine(folder, "run.lock"), shared: false);
            await ConfiguredRun.RunAsync(RunFolder.Open(folder), new Lines(output), stop.Token).ConfigureAwait(false);
            return Done;
        }
        catch (DataFolderInUseException)
        {
            return InUse;
        }
        catch (OperationCanceledException)
        {
            return Stopped;
        }
        catch (EngineException exception)
        {
            await error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return Failed;
        }
    }

    private static void EndWith(Stream input, CancellationTokenSource stop, TimeSpan stopTimeout)
    {
        while (input.ReadByte() >= 0)
        {
            // Nothing is expected.
        }

        stop.Cancel();
        Thread.Sleep(stopTimeout);
        Environment.Exit(Stopped);
    }

    /// <summary>Tells some of the steps, and the last.</summary>
    private sealed class Lines(TextWriter output) : IProgress<TrainingProgress>
    {
        private long _told;

        public void Report(TrainingProgress value)
        {
            if (value.Last.Step + 1 == value.Steps || System.Diagnostics.Stopwatch.GetElapsedTime(_told) >= Pause)
            {
                _told = System.Diagnostics.Stopwatch.GetTimestamp();
                output.WriteLine(TrainingLine.Of(value));
                output.Flush();
            }
        }
    }
}
