using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>An answer that is taken up behind any of its tokens goes on as if it had never stopped.</summary>
public sealed class ReplayTests
{
    private const string BareBase = "none";

    private static readonly SamplingOptions Steered = new()
    {
        Temperature = 1.1f, TopK = 200, TopP = 0.97f, MinP = 0.001f, PresencePenalty = 2, FrequencyPenalty = 1.5f, Seed = -12345,
        LogitBias = new Dictionary<int, float> { [7] = 1.5f, [300] = -100 },
    };

    public static TheoryData<string> Adapters => [BareBase, .. TinyModel.Adapters];

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task GenerateAsync_BehindAnyOfItsTokens_TellsTheSameRest(string adapter)
    {
        await using var engine = await TinyModel.LoadAsync();
        var request = new GenerationRequest
        {
            PromptIds = [1, .. Enumerable.Range(20, 70)],
            Adapter = adapter == BareBase ? null : await TinyModel.LoadAdapterAsync(engine, adapter),
            Picture = TinyModel.TakesPictures(adapter) ? TinyModel.Pictures["rgb_96x71.png"] : null,
            Sampling = Steered,
            MaxTokens = 24,
            IgnoreEnd = true,
            LikeliestTokens = 3,
            StopStrings = ["\u0001never"],
        };
        var whole = await ExpectSameRestAsync(engine, request);
        Assert.EndsWith("Length", whole[^1].Split(' ')[0], StringComparison.Ordinal);

        var text = (await Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken))).Text;
        var stopped = await ExpectSameRestAsync(engine, request with { StopStrings = [LateStop(text), .. request.StopStrings] });
        Assert.EndsWith("Stop", stopped[^1].Split(' ')[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenerateAsync_PenaltiesBehindTokensOfBefore_CountThem()
    {
        await using var engine = await TinyModel.LoadAsync();
        var request = new GenerationRequest { PromptIds = [1, 5, 9], MaxTokens = 3, IgnoreEnd = true, ResumeIds = [50, 50] };
        async Task<int> NextAsync(float bias, float presence, float frequency) => (await Answer.ReadAsync(engine.GenerateAsync(
            request with
            {
                Sampling = new SamplingOptions { PresencePenalty = presence, FrequencyPenalty = frequency, LogitBias = new Dictionary<int, float> { [50] = bias } },
            },
            TestContext.Current.CancellationToken))).Ids[0];

        // The least bias, in eighths, that has the token chosen a third time.
        async Task<float> LeastBiasAsync(float presence, float frequency)
        {
            var (low, high) = (-800, 800);
            while (low < high)
            {
                var middle = (low + high) >> 1;
                (low, high) = await NextAsync(middle / 8f, presence, frequency) == 50 ? (low, middle) : (middle + 1, high);
            }

            return low / 8f;
        }

        var free = await LeastBiasAsync(0, 0);
        Assert.InRange(free, -99, 90);
        Assert.Equal(free + 1.5f, await LeastBiasAsync(presence: 1.5f, frequency: 0));
        Assert.Equal(free + 2.5f, await LeastBiasAsync(presence: 0, frequency: 1.25f));
        Assert.Equal(free - 0.5f, await LeastBiasAsync(presence: 2, frequency: -1.25f));
    }

    private static async Task<string[]> ExpectSameRestAsync(TestEngine engine, GenerationRequest request)
    {
        var whole = await ReadAsync(engine, request);
        var ids = whole.OfType<TokenGenerated>().Select(token => token.TokenId).ToArray();
        var tokens = whole[^1] is GenerationFinished { Reason: FinishReason.Stop } ? ids.Length + 1 : ids.Length;
        var rests = await Task.WhenAll(Enumerable.Range(0, tokens).Select(before => ReadAsync(engine, request with { ResumeIds = ids[..before] })));
        Assert.All(rests.Index(), rest => Assert.Equal(whole[rest.Index..].Select(Line), rest.Item.Select(Line)));
        return [.. whole.Select(Line)];
    }

    private static async Task<GenerationEvent[]> ReadAsync(TestEngine engine, GenerationRequest request) =>
        await engine.GenerateAsync(request, TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken);

    /// <summary>All that does not measure.</summary>
    private static string Line(GenerationEvent happened) => happened switch
    {
        TokenGenerated token =>
            $"{token.Index}:{token.TokenId} '{token.Text}' {Bits(token.LogProbability!.Value)} {string.Join(' ', token.Likeliest.Select(likely => $"{likely.TokenId}:{Bits(likely.LogProbability)}"))}",
        GenerationFinished end => $"{end.Reason} '{end.Text}' {end.PromptTokens} {end.CompletionTokens} {end.AnswerTokens}",
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>Three characters from the last third of a text that do not stand in it before.</summary>
    private static string LateStop(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        return Enumerable.Range(2 * runes.Length / 3, runes.Length / 3 - 3)
            .Select(start => string.Concat(runes[start..(start + 3)]))
            .First(stop => text.IndexOf(stop, StringComparison.Ordinal) > text.Length / 2);
    }
}
