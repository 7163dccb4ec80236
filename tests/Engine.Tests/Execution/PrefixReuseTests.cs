using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Prompts that begin alike are computed once, by nobody but their owner, and nobody can tell from the answers.</summary>
public sealed class PrefixReuseTests
{
    private const string OnePicture = "rgb_96x71.png";
    private const string OtherPicture = "rgb_320x240.png";
    private static readonly EngineOptions Without = TinyModel.Options with { ReusePrompts = false };

    public static TheoryData<EngineDtype> Dtypes => [EngineDtype.Float32, EngineDtype.BFloat16];

    [Theory]
    [MemberData(nameof(Dtypes))]
    public async Task GenerateAsync_TheSamePromptAgain_ReusesItsTilesAndAnswersTheSame(EngineDtype dtype)
    {
        var asks = AllKinds(prompt: Random(seed: 3, count: 150));
        var wanted = await AnswerAsync(Without with { Dtype = dtype }, asks);
        var found = await AnswerAsync(TinyModel.Options with { Dtype = dtype }, [.. asks, .. asks]);

        ExpectSame([.. wanted, .. wanted], found);
        Assert.All(wanted.Concat(found[..asks.Length]), answer => Assert.Equal(0, answer.End.ReusedTokens));
        Assert.All(found[asks.Length..], answer => Assert.Equal(2 * PromptTiles.Tokens, answer.End.ReusedTokens));
    }

    [Theory]
    [MemberData(nameof(Dtypes))]
    public async Task GenerateAsync_PromptsThatBeginAlike_ReuseWhatTheyShare(EngineDtype dtype)
    {
        var longest = Random(seed: 4, count: 200);
        int[][] prompts = [longest, longest[..128], longest[..129], [.. longest[..100], 7, 8], [.. longest[..63], 7, .. longest[64..]], [1, 5], longest[..64], longest[..65]];
        var asks = prompts.SelectMany(AllKinds).ToArray();
        var kinds = asks.Length / prompts.Length;

        var found = await AnswerAsync(TinyModel.Options with { Dtype = dtype }, asks);
        ExpectSame(await AnswerAsync(Without with { Dtype = dtype }, asks), found);
        var reused = new[] { 0, 64, 128, 64, 0, 0, 0, 64 }.SelectMany(tokens => Enumerable.Repeat(tokens, kinds));
        Assert.Equal(reused, found.Select(answer => answer.End.ReusedTokens));
    }

    [Fact]
    public async Task GenerateAsync_AnotherOwnerVersionOrPicture_ReusesNothing()
    {
        await using var engine = await TinyModel.LoadAsync();
        var visual = await TinyModel.LoadAdapterAsync(engine, TinyModel.Visual);
        using var otherColours = AdapterPackage.Read(TinyModel.Golden("adapters", TinyModel.Visual + ".pth"), engine.AdapterReadOptions with { VisualHeads = 4, ChannelOrder = "bgr" });
        var first = new GenerationRequest { PromptIds = Random(seed: 5, count: 150), MaxTokens = 3, Scope = "one", Adapter = visual, Picture = TinyModel.Pictures[OnePicture] };
        GenerationRequest[] others =
        [
            first,
            first with { Scope = "other" },
            first with { Scope = "" },
            first with { Picture = TinyModel.Pictures[OtherPicture] },
            first with { Picture = null },
            first with { Adapter = await TinyModel.LoadAdapterAsync(engine, TinyModel.Caption) },
            first with { Adapter = await engine.LoadAdapterAsync(otherColours, TestContext.Current.CancellationToken) },
            first with { Picture = null, Adapter = null },
            first with { Picture = null, Adapter = await TinyModel.LoadAdapterAsync(engine, TinyModel.Chat) },
        ];
        foreach (var expected in new[] { 0, 2 * PromptTiles.Tokens })
        {
            foreach (var request in others)
            {
                var answer = await Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken));
                Assert.Equal(expected, answer.End.ReusedTokens);
            }
        }

        await engine.DisposeAsync();
        Assert.Equal(2L * others.Length * 150, engine.Status.PromptTokens);
        Assert.Equal(2L * others.Length * PromptTiles.Tokens, engine.Status.ReusedTokens);
        Assert.Equal(others.Length * 2 * PromptTiles.Tokens / 16, engine.Status.CachedBlocks);
    }

    [Theory]
    [MemberData(nameof(Dtypes))]
    public async Task GenerateAsync_AConversationThatGrows_ReusesThePromptBeforeItAndAnswersTheSame(EngineDtype dtype)
    {
        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { Dtype = dtype });
        await using var without = await TinyModel.LoadAsync(Without with { Dtype = dtype });
        foreach (var kind in AllKinds([1]))
        {
            var (prompt, before) = (Random(seed: 6, count: 40), 0);
            for (var turn = 0; turn < 5; turn++)
            {
                var ask = kind with { Prompt = prompt };
                var (wanted, found) = (await AnswerAsync(without, ask), await AnswerAsync(engine, ask));
                ExpectSame([wanted], [found]);

                // Answers were computed token by token, so the part of the prompt behind the last one's is computed anew.
                Assert.Equal(before / PromptTiles.Tokens * PromptTiles.Tokens, found.End.ReusedTokens);
                (before, prompt) = (prompt.Length, [.. prompt, .. found.Ids, .. Random(seed: turn, count: 20)]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Dtypes))]
    public async Task GenerateAsync_LittleRoomAndManyPrompts_EvictsAndAnswersTheSame(EngineDtype dtype)
    {
        var random = new Random(7);
        var beginnings = Enumerable.Range(10, 5).Select(seed => Random(seed, count: 128)).ToArray();
        Ask[] asks = [.. Enumerable.Range(0, 60).Select(index => Kind(random, [.. beginnings[random.Next(5)][..random.Next(60, 129)], .. Random(index, random.Next(1, 20))]))];
        var scarce = TinyModel.Options with { Dtype = dtype, KvCacheTokens = 512, MaxSequenceTokens = 180, MaxRunningSequences = 6 };
        var wanted = await AnswerAsync(Without with { Dtype = dtype }, asks);

        await using var engine = await TinyModel.LoadAsync(scarce);
        var adapters = await Workload.LoadAdaptersAsync(engine, asks);
        var found = await Workload.RunTogetherAsync(engine, adapters, asks, Workload.RandomArrivals(8, asks.Length), TestContext.Current.CancellationToken);
        await engine.DisposeAsync();

        ExpectSame(wanted, found);
        Assert.NotEqual(0, engine.Status.Evictions);
        Assert.NotEqual(0, engine.Status.ReusedTokens);
    }

    [Theory]
    [MemberData(nameof(Dtypes))]
    public async Task GenerateAsync_GoingOnBehindTokensOfBefore_ReusesThePromptAlone(EngineDtype dtype)
    {
        var ask = AllKinds(Random(seed: 9, count: 128))[0] with { MaxTokens = 80 };
        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { Dtype = dtype });
        var adapters = await Workload.LoadAdaptersAsync(engine, [ask]);
        var whole = await AnswerAsync(engine, ask);
        var request = ask.Request(adapters) with { ResumeIds = whole.Ids[..70] };
        var rest = await Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal(128, rest.End.ReusedTokens);
        Assert.Equal(whole.Ids[70..], rest.Ids);
        Assert.Equal(whole.LogProbabilities[70..], rest.LogProbabilities);
    }

    private static Ask[] AllKinds(int[] prompt) =>
    [
        .. from adapter in TinyModel.Adapters.Append(null)
           from picture in TinyModel.TakesPictures(adapter) ? (string?[])[OnePicture, null] : [null]
           select new Ask(adapter, picture, prompt, SamplingOptions.Greedy, 8, []),
    ];

    private static Ask Kind(Random random, int[] prompt) => AllKinds(prompt)[random.Next(AllKinds(prompt).Length)];

    private static int[] Random(int seed, int count) => [1, .. new Random(seed).GetItems([.. Enumerable.Range(3, 500)], count - 1)];

    private static async Task<Answer[]> AnswerAsync(EngineOptions options, Ask[] asks)
    {
        await using var engine = await TinyModel.LoadAsync(options);
        return await Workload.RunAloneAsync(engine, await Workload.LoadAdaptersAsync(engine, asks), asks, TestContext.Current.CancellationToken);
    }

    private static async Task<Answer> AnswerAsync(TestEngine engine, Ask ask) =>
        (await Workload.RunAloneAsync(engine, await Workload.LoadAdaptersAsync(engine, [ask]), [ask], TestContext.Current.CancellationToken))[0];

    private static void ExpectSame(Answer[] wanted, Answer[] found)
    {
        Assert.Equal(wanted.Select(answer => answer.Ids), found.Select(answer => answer.Ids));
        Assert.Equal(wanted.Select(answer => answer.LogProbabilities), found.Select(answer => answer.LogProbabilities));
        Assert.Equal(wanted.Select(answer => answer.Text), found.Select(answer => answer.Text));
    }
}
