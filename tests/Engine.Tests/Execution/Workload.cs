using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;

namespace Herd.Engine.Tests.Execution;

/// <summary>What one test request asks for.</summary>
internal sealed record Ask(string? Adapter, string? Picture, int[] Prompt, SamplingOptions Sampling, int MaxTokens, string[] Stops)
{
    public GenerationRequest Request(IReadOnlyDictionary<string, AdapterLease> adapters) => new()
    {
        PromptIds = Prompt,
        Adapter = Adapter is null ? null : adapters[Adapter],
        Picture = Picture is null ? null : TinyModel.Pictures[Picture],
        Sampling = Sampling,
        MaxTokens = MaxTokens,
        StopStrings = Stops,
        Scope = "tests",
        LikeliestTokens = 0,
    };

    public override string ToString() =>
        $"{Adapter ?? "base"} {Picture ?? "no picture"}, {Prompt.Length} + {MaxTokens} tokens, temperature {Sampling.Temperature}, seed {Sampling.Seed}, stops [{string.Join('|', Stops)}]";
}

/// <summary>When a request joins: once an earlier one has given a number of tokens, or ended.</summary>
internal sealed record Arrival(int Parent, int Tokens);

/// <summary>Random requests of all kinds, and the two ways to run them: one after another, or together.</summary>
internal static class Workload
{
    private const int Vocabulary = 512;

    public static Ask[] Random(int seed, int count, int longestPrompt, int mostTokens)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => RandomAsk(random, longestPrompt, mostTokens))];
    }

    public static Arrival[] RandomArrivals(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(index => new Arrival(random.Next(Math.Max(0, index - 3), Math.Max(1, index)), random.Next(12)))];
    }

    public static Task<Dictionary<string, AdapterLease>> LoadAdaptersAsync(TestEngine engine) => LoadAdaptersAsync(engine, TinyModel.Adapters);

    /// <summary>Loads the adapters that some requests name.</summary>
    public static Task<Dictionary<string, AdapterLease>> LoadAdaptersAsync(TestEngine engine, Ask[] asks) =>
        LoadAdaptersAsync(engine, asks.Select(ask => ask.Adapter).OfType<string>().Distinct());

    private static async Task<Dictionary<string, AdapterLease>> LoadAdaptersAsync(TestEngine engine, IEnumerable<string> names)
    {
        var leases = new Dictionary<string, AdapterLease>();
        foreach (var name in names)
        {
            leases.Add(name, await TinyModel.LoadAdapterAsync(engine, name));
        }

        return leases;
    }

    public static async Task<Answer[]> RunAloneAsync(TestEngine engine, IReadOnlyDictionary<string, AdapterLease> adapters, Ask[] asks, CancellationToken cancellationToken)
    {
        var answers = new List<Answer>();
        foreach (var ask in asks)
        {
            answers.Add(await Answer.ReadAsync(engine.GenerateAsync(ask.Request(adapters), cancellationToken)));
        }

        return [.. answers];
    }

    public static Task<Answer[]> RunTogetherAsync(
        TestEngine engine, IReadOnlyDictionary<string, AdapterLease> adapters, Ask[] asks, Arrival[] arrivals, CancellationToken cancellationToken) =>
        RunTogetherAsync(
            arrivals,
            (index, onToken) => Answer.ReadAsync(engine.GenerateAsync(asks[index].Request(adapters), cancellationToken), onToken),
            cancellationToken);

    /// <summary>Runs one thing for each arrival; each tells after every token how many it has.</summary>
    public static Task<T[]> RunTogetherAsync<T>(Arrival[] arrivals, Func<int, Action<int>, Task<T>> run, CancellationToken cancellationToken)
    {
        var gates = arrivals.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        gates[0].SetResult();
        void Open(int parent, int tokens)
        {
            for (var child = parent + 1; child < arrivals.Length; child++)
            {
                if (arrivals[child].Parent == parent && arrivals[child].Tokens <= tokens)
                {
                    gates[child].TrySetResult();
                }
            }
        }

        return Task.WhenAll(arrivals.Select(async (_, index) =>
        {
            await gates[index].Task.WaitAsync(cancellationToken);
            try
            {
                return await run(index, tokens => Open(index, tokens));
            }
            finally
            {
                Open(index, int.MaxValue);
            }
        }));
    }

    private static Ask RandomAsk(Random random, int longestPrompt, int mostTokens)
    {
        var adapter = random.Next(TinyModel.Adapters.Count + 1) is > 0 and var which ? TinyModel.Adapters[which - 1] : null;
        var pictures = TinyModel.Pictures.Keys.ToArray();
        return new Ask(
            adapter,
            TinyModel.TakesPictures(adapter) && random.Next(4) > 0 ? pictures[random.Next(pictures.Length)] : null,
            [1, .. Enumerable.Range(0, random.Next(longestPrompt)).Select(_ => random.Next(3, Vocabulary))],
            random.Next(2) == 0
                ? SamplingOptions.Greedy
                : new SamplingOptions { Temperature = 0.2f + random.NextSingle(), TopP = 0.5f + (random.NextSingle() / 2), Seed = random.NextInt64() },
            random.Next(1, mostTokens),
            random.Next(3) == 0 ? ["e", " th", "\n"] : []);
    }
}
