using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using TorchSharp;

namespace Herd.Bench;

/// <summary>Loads a base, makes adapters for it, and measures both sides for each number of sequences.</summary>
internal static class Benchmark
{
    private const int KvBlockTokens = 16;

    /// <summary>Measures.</summary>
    /// <param name="options">What.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Stops the measurement.</param>
    /// <returns>All figures.</returns>
    public static async Task<Report> RunAsync(BenchOptions options, Action<string> progress, CancellationToken cancellationToken)
    {
        options.Validate();
        var started = TimeProvider.System.GetUtcNow();
        progress("Loading the base");
        await using var engine = await InferenceEngine.LoadAsync(EngineOptionsFor(options), cancellationToken: cancellationToken);
        progress($"Making {options.Adapters} adapters");
        var adapters = await LoadAdaptersAsync(engine, options, cancellationToken);
        try
        {
            var measurements = new List<Measurement>();
            foreach (var count in options.Sequences)
            {
                progress($"Measuring {count} at once");
                var blocks = await PairedBlocks.RunAsync(
                    () => Round.RunAsync(engine, Requests(count, []), cancellationToken),
                    () => Round.RunAsync(engine, Requests(count, adapters), cancellationToken),
                    options.Blocks,
                    options.MaxForeign,
                    block => progress(Line(block)));
                measurements.Add(Measurement.Of(count, blocks));
            }

            return new Report
            {
                StartedUtc = started,
                Machine = Machine.Read(),
                Threads = torch.get_num_threads(),
                Base = engine.Base,
                AdapterParameters = adapters[0].Manifest.Parameters,
                Options = options,
                Measurements = measurements,
            };
        }
        finally
        {
            adapters.ForEach(adapter => adapter.Dispose());
        }

        GenerationRequest[] Requests(int count, IReadOnlyList<AdapterLease> leases) =>
        [
            .. Enumerable.Range(0, count).Select(index => new GenerationRequest
            {
                PromptIds = Prompt(engine, options, index),
                Adapter = leases.Count == 0 ? null : leases[index % leases.Count],
                MaxTokens = options.Generate,
                IgnoreEnd = true, // all sequences run to the same length
            }),
        ];
    }

    private static string Line(Block block)
    {
        static string Describe(Half half) => $"{half.Round.PromptRate:F1} and {half.Round.DecodeRate:F2} tokens/s ({half.Foreign:P0} of the machine with others)";
        return $"  bare {Describe(block.Bare)}, adapters {Describe(block.Adapters)}{(block.Quiet ? "" : ": discarded")}";
    }

    private static EngineOptions EngineOptionsFor(BenchOptions options)
    {
        var most = options.Sequences.Max();
        var blocks = (options.Prompt + options.Generate + KvBlockTokens) / KvBlockTokens; // with room for one token more
        return new EngineOptions
        {
            BaseFolder = options.Base,
            TokenizerFile = options.Tokenizer,
            Dtype = options.Dtype,
            KvCacheTokens = most * blocks * KvBlockTokens,
            MaxSequenceTokens = options.Prompt + options.Generate,
            MaxRunningSequences = most,
            MaxStepTokens = Math.Max(most + 64, 512),
            AdapterSlots = options.Adapters,
            ReusePrompts = false, // every round is to compute its prompts
            PromptCacheBytes = 4L << 30,
        };
    }

    private static async Task<List<AdapterLease>> LoadAdaptersAsync(InferenceEngine engine, BenchOptions options, CancellationToken cancellationToken)
    {
        var leases = new List<AdapterLease>();
        var folder = Directory.CreateTempSubdirectory("herd-bench-");
        try
        {
            for (var number = 0; number < options.Adapters; number++)
            {
                using var package = RandomAdapter.Make(engine.Base, options.Seed + number, folder.FullName);
                leases.Add(await engine.LoadAdapterAsync(package, cancellationToken));
            }

            return leases;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The beginning of a text, then pieces by chance: the same for both sides, another for each sequence.</summary>
    private static int[] Prompt(InferenceEngine engine, BenchOptions options, int index)
    {
        var random = new Random(options.Seed + index);
        return [engine.Tokenizer.BosId, .. Enumerable.Range(1, options.Prompt - 1).Select(_ => random.Next(engine.Tokenizer.VocabularySize))];
    }
}
