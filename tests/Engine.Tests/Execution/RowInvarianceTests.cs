using System.Globalization;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>
/// The law of the engine: a request is answered as it is answered alone, bit for bit, in any company. Random engines (little cache, small steps, few slots, with and
/// without reuse of prompts, on one device or split over several) serve random mixes of all kinds of adapters, with and without pictures, that join, leave, are cancelled, go on behind tokens of
/// before, are preempted and computed again. No difference is allowed, be the choice as close as it may.
/// </summary>
public sealed class RowInvarianceTests(ITestOutputHelper output)
{
    private const string RoundsVariable = "HERD_ROUNDS";
    private const int DefaultRounds = 16;
    private const int Kinds = 48;
    private const int MostSequences = 32;
    private const int LongestPrompt = 150;
    private const int MostTokens = 40;

    [Theory]
    [InlineData(EngineDtype.Float32, EngineWeights.Stored, 1)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Stored, 1001)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Int8, 2001)]
    public async Task GenerateAsync_RandomCompanyOnRandomEngines_AnswersAsAlone(EngineDtype dtype, EngineWeights weights, int firstSeed)
    {
        var asks = RandomAsks(new Random(firstSeed));
        var alone = await AnswerAloneAsync(TinyModel.Options with { Dtype = dtype, Weights = weights, ReusePrompts = false }, asks);
        var rounds = Environment.GetEnvironmentVariable(RoundsVariable) is { Length: > 0 } named ? int.Parse(named, CultureInfo.InvariantCulture) : DefaultRounds;
        var (preemptions, evictions, reused) = (0L, 0L, 0L);
        var guests = new List<Guest>();
        var differences = new List<string>();
        for (var seed = firstSeed; seed < firstSeed + rounds; seed++)
        {
            var random = new Random(seed);
            var options = RandomOptions(random, dtype) with { Weights = weights };
            var repertoire = random.GetItems([.. Enumerable.Range(0, asks.Length)], random.Next(1, MostSequences));
            var company = Enumerable.Range(0, random.Next(1, MostSequences + 1)).Select(_ => Guest.Random(random, repertoire[random.Next(repertoire.Length)])).ToArray();
            await using var engine = await TinyModel.LoadAsync(options);
            differences.AddRange((await RunAsync(engine, asks, alone, company, Workload.RandomArrivals(seed, company.Length))).Select(found => $"seed {seed}, {options}: {found}"));
            await engine.DisposeAsync();
            guests.AddRange(company);
            preemptions += engine.Status.Preemptions;
            evictions += engine.Status.Evictions;
            reused += engine.Status.ReusedTokens;
        }

        output.WriteLine(
            $"{dtype}, {weights}: {differences.Count} of {guests.Count} answers differ in {rounds} rounds; {guests.Count(guest => guest.Leaves)} left, {guests.Count(guest => guest.IsCancelled)} were cancelled, {guests.Count(guest => guest.Resumed > 0)} went on; {preemptions} preemptions, {reused} prompt tokens reused, {evictions} pieces of prompts evicted");
        Assert.Empty(differences);
        Assert.True(preemptions > 0 && evictions > 0 && reused > 0, "The rounds hardly press the engine.");
        Assert.Equal(asks.Select(Kind).ToHashSet(), guests.Select(guest => Kind(asks[guest.Ask])).ToHashSet());
        Assert.All((Func<Guest, bool>[])[guest => guest.Leaves, guest => guest.IsCancelled, guest => guest.Resumed > 0], happens => Assert.Contains(guests, guest => happens(guest)));
    }

    private static (string?, bool) Kind(Ask ask) => (ask.Adapter, ask.Picture is not null);

    private static EngineOptions RandomOptions(Random random, EngineDtype dtype)
    {
        var running = random.Next(1, MostSequences + 1);
        return TinyModel.Options with
        {
            Dtype = dtype,
            MaxSequenceTokens = LongestPrompt + MostTokens,
            KvCacheTokens = random.GetItems([192, 256, 512, 4096], 1)[0],
            MaxRunningSequences = running,
            MaxStepTokens = running + 64 + random.GetItems([0, 10, 200], 1)[0],
            AdapterSlots = random.Next(1, TinyModel.Adapters.Count + 1),
            ReusePrompts = random.Next(4) > 0,
            PromptCacheBytes = random.Next(2) * (1L << 20),
            Device = random.GetItems(["cpu", "cpu:0+cpu:1", "cpu:0+cpu:1+cpu:2"], 1)[0],
        };
    }

    /// <summary>Requests of all kinds, many of whose prompts begin alike.</summary>
    private static Ask[] RandomAsks(Random random)
    {
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 512))];
        var beginnings = Enumerable.Range(0, 3).Select(_ => Ids(129)).ToArray();
        var pictures = TinyModel.Pictures.Keys.Take(2).ToArray();
        return [.. Enumerable.Range(0, Kinds).Select(index =>
        {
            var adapter = TinyModel.Adapters.Append(null).ElementAt(index % (TinyModel.Adapters.Count + 1));
            return new Ask(
                adapter,
                TinyModel.TakesPictures(adapter) && index < Kinds * 2 / 3 ? pictures[random.Next(pictures.Length)] : null,
                random.Next(3) == 0 ? [1, .. Ids(random.Next(LongestPrompt))] : [1, .. beginnings[random.Next(3)][..random.Next(60, 130)], .. Ids(random.Next(20))],
                RandomSampling(random),
                random.Next(1, MostTokens + 1),
                []);
        })];
    }

    private static SamplingOptions RandomSampling(Random random) => random.Next(3) switch
    {
        0 => SamplingOptions.Greedy,
        1 => new SamplingOptions { Temperature = 0.3f + random.NextSingle(), TopP = 0.9f, Seed = random.NextInt64() },
        _ => new SamplingOptions
        {
            Temperature = 0.5f + random.NextSingle(),
            TopK = random.Next(1, 50),
            MinP = random.NextSingle() / 10,
            PresencePenalty = random.NextSingle() - 0.5f,
            FrequencyPenalty = random.NextSingle() - 0.5f,
            LogitBias = new Dictionary<int, float> { [random.Next(3, 512)] = 3, [random.Next(3, 512)] = -100 },
            Seed = random.NextInt64(),
        },
    };

    private static async Task<TokenGenerated[][]> AnswerAloneAsync(EngineOptions options, Ask[] asks)
    {
        await using var engine = await TinyModel.LoadAsync(options);
        var adapters = await Workload.LoadAdaptersAsync(engine, asks);
        var answers = new List<TokenGenerated[]>();
        foreach (var ask in asks)
        {
            answers.Add(await ReadAsync(engine, ask.Request(adapters), new Guest(0, 0, null, false, ""), _ => { }));
        }

        return [.. answers];
    }

    private static async Task<IEnumerable<string>> RunAsync(TestEngine engine, Ask[] asks, TokenGenerated[][] alone, Guest[] company, Arrival[] arrivals)
    {
        var adapters = await Workload.LoadAdaptersAsync(engine, asks);
        var found = await Workload.RunTogetherAsync(
            arrivals,
            (index, onToken) => ReadAsync(engine, company[index].Request(asks, alone, adapters), company[index], onToken),
            TestContext.Current.CancellationToken);
        return company.Zip(found).Select(pair => pair.First.Compare(asks, alone, pair.Second)).OfType<string>();
    }

    /// <summary>Reads to the end, or until the guest leaves or cancels once there are a number of tokens; at none, right after submission.</summary>
    private static async Task<TokenGenerated[]> ReadAsync(TestEngine engine, GenerationRequest request, Guest guest, Action<int> onToken)
    {
        var tokens = new List<TokenGenerated>();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var reading = ReadAsync();
        if (guest.LeaveAfter == 0)
        {
            await leave.CancelAsync();
        }

        try
        {
            await reading;
        }
        catch (OperationCanceledException) when (guest.IsCancelled)
        {
        }

        return [.. tokens];

        async Task ReadAsync()
        {
            await foreach (var token in engine.GenerateAsync(request, leave.Token))
            {
                if (token is TokenGenerated generated)
                {
                    tokens.Add(generated);
                    onToken(tokens.Count);
                }

                if (tokens.Count == guest.LeaveAfter && guest.IsCancelled)
                {
                    await leave.CancelAsync();
                }
                else if (tokens.Count == guest.LeaveAfter)
                {
                    return;
                }
            }
        }
    }

    /// <summary>One request of a round: which one, behind how many of its tokens it goes on, and when and how its reader leaves.</summary>
    private sealed record Guest(int Ask, double Resumed, int? LeaveAfter, bool Cancels, string Scope)
    {
        public bool Leaves => LeaveAfter > 0 && !Cancels;

        public bool IsCancelled => LeaveAfter == 0 || (LeaveAfter > 0 && Cancels);

        public static Guest Random(Random random, int ask) => new(
            ask,
            random.Next(4) == 0 ? random.NextDouble() : 0,
            random.Next(3) == 0 ? random.Next(MostTokens / 2) : null,
            random.Next(2) == 0,
            random.Next(5) == 0 ? "other" : "tests");

        public GenerationRequest Request(Ask[] asks, TokenGenerated[][] alone, IReadOnlyDictionary<string, AdapterLease> adapters) =>
            asks[Ask].Request(adapters) with { Scope = Scope, ResumeIds = [.. alone[Ask][..Skipped(alone)].Select(token => token.TokenId)] };

        public string? Compare(Ask[] asks, TokenGenerated[][] alone, TokenGenerated[] found)
        {
            var wanted = alone[Ask][Skipped(alone)..];
            var isWhole = LeaveAfter is null ? found.Length == wanted.Length : found.Length <= wanted.Length;
            return isWhole && found.Select(Bits).SequenceEqual(wanted[..found.Length].Select(Bits))
                ? null
                : $"{asks[Ask]}, {this}: alone [{string.Join(' ', wanted.Select(Bits))}], together [{string.Join(' ', found.Select(Bits))}]";
        }

        private static (int, int, uint) Bits(TokenGenerated token) => (token.Index, token.TokenId, BitConverter.SingleToUInt32Bits(token.LogProbability!.Value));

        /// <summary>Fewer than there are, and none that the answer could not go on behind.</summary>
        private int Skipped(TokenGenerated[][] alone) => (int)(Resumed * alone[Ask].Length);
    }
}
