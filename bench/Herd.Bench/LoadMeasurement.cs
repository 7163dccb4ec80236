using System.Diagnostics;
using System.Text.Json;
using Herd.Engine.Bases;
using Herd.Engine.Execution;

namespace Herd.Bench;

/// <summary>Measures how a base is loaded: time, and memory while it happens.</summary>
internal static class LoadMeasurement
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Loads, generates a token, and writes one line of JSON; a second one after the input has ended, where the base is held.</summary>
    /// <param name="options">What to load.</param>
    /// <param name="hold">Whether to wait for the end of the input.</param>
    /// <param name="input">Ends the holding.</param>
    /// <param name="output">Takes the lines.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <returns>When all is written.</returns>
    public static async Task RunAsync(EngineOptions options, bool hold, TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        var before = ProcessMemory.Read();
        var watch = Stopwatch.StartNew();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sampling = MostAnonymousAsync(ending.Token);
        await using var engine = await InferenceEngine.LoadAsync(options, cancellationToken: cancellationToken);
        var loaded = watch.Elapsed;
        await ending.CancelAsync();
        var anonymous = await sampling;
        var after = ProcessMemory.Read();
        await foreach (var _ in engine.GenerateAsync(new GenerationRequest { PromptIds = [engine.Tokenizer.BosId], MaxTokens = 1, IgnoreEnd = true }, cancellationToken))
        {
        }

        var bytes = BaseFolder.Open(options.BaseFolder, options.TokenizerFile).WeightsPaths.Sum(path => new FileInfo(path).Length);
        await WriteAsync(output, new
        {
            FileBytes = bytes,
            LoadSeconds = loaded.TotalSeconds,
            FirstTokenSeconds = watch.Elapsed.TotalSeconds,
            AnonymousBefore = before.Anonymous,
            MostAnonymousLoading = anonymous,
            ResidentLoaded = after.Resident,
            PeakLoading = after.Peak,
        });
        if (hold)
        {
            await input.ReadToEndAsync(cancellationToken);
            await WriteAsync(output, new { Share = ProcessMemory.ReadShare(), ProcessMemory.Read().Resident });
        }
    }

    private static async Task WriteAsync(TextWriter output, object line)
    {
        await output.WriteLineAsync(JsonSerializer.Serialize(line));
        await output.FlushAsync();
    }

    private static async Task<long> MostAnonymousAsync(CancellationToken cancellationToken)
    {
        var most = ProcessMemory.Read().Anonymous;
        while (!cancellationToken.IsCancellationRequested)
        {
            most = Math.Max(most, ProcessMemory.Read().Anonymous);
            await Task.Delay(Interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return Math.Max(most, ProcessMemory.Read().Anonymous);
    }
}
