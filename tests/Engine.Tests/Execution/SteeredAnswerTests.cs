using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>What steers an answer, through the whole engine.</summary>
public sealed class SteeredAnswerTests
{
    private static readonly GenerationRequest Request = new() { PromptIds = [1, .. Enumerable.Range(3, 200)], MaxTokens = 8, IgnoreEnd = true, LikeliestTokens = 20 };

    [Fact]
    public async Task GenerateAsync_TheEndTokenIsChosen_EndsTheAnswerUnlessItIsIgnored()
    {
        await using var engine = await TinyModel.LoadAsync();
        var end = engine.Tokenizer.EndIds.First();
        var request = Request with { Sampling = Bias((end, 100)) };

        var ended = await ReadAsync(engine, request with { IgnoreEnd = false });
        Assert.Empty(ended.Ids);
        Assert.Equal((FinishReason.Stop, 0), (ended.End.Reason, ended.End.CompletionTokens));
        var ignored = await ReadAsync(engine, request);
        Assert.Equal(Enumerable.Repeat(end, request.MaxTokens), ignored.Ids);
        Assert.Equal((FinishReason.Length, request.MaxTokens), (ignored.End.Reason, ignored.End.CompletionTokens));
    }

    [Fact]
    public async Task GenerateAsync_FiltersThatLeaveTheLikeliest_AnswerAsGreedyDoes()
    {
        await using var engine = await TinyModel.LoadAsync();
        var greedy = await ReadAsync(engine, Request);
        var hot = new SamplingOptions { Temperature = 10, Seed = 3 };
        Assert.NotEqual(greedy.Ids, (await ReadAsync(engine, Request with { Sampling = hot })).Ids);
        Assert.All(
            await Task.WhenAll(new[] { hot with { MinP = 1 }, hot with { TopK = 1 }, hot with { TopP = 1e-6f } }.Select(sampling => ReadAsync(engine, Request with { Sampling = sampling }))),
            answer => Assert.Equal(greedy.Ids, answer.Ids));
    }

    [Fact]
    public async Task GenerateAsync_ATokenIsBanned_AnswersWithoutIt()
    {
        await using var engine = await TinyModel.LoadAsync();
        var banned = (await ReadAsync(engine, Request)).Ids[0];
        var sampling = new[] { SamplingOptions.Greedy, new SamplingOptions { Temperature = 2, Seed = 5 } };
        Assert.All(
            await Task.WhenAll(sampling.Select(options => ReadAsync(engine, Request with { Sampling = options with { LogitBias = Bias((banned, -100)).LogitBias } }))),
            answer => Assert.DoesNotContain(banned, answer.Ids));
    }

    [Fact]
    public async Task GenerateAsync_SteeredChoice_ReportsTheModelsOwnLogProbabilities()
    {
        await using var engine = await TinyModel.LoadAsync();
        var free = (await FirstAsync(engine, Request)).Likeliest;
        Assert.Equal(20, free.Count);
        Assert.Equal(free.OrderByDescending(likely => likely.LogProbability).ThenBy(likely => likely.TokenId), free);
        Assert.InRange(free.Sum(likely => Math.Exp(likely.LogProbability)), 0.02, 1);

        var unlikely = free[11];
        var forced = await FirstAsync(engine, Request with { Sampling = Bias((unlikely.TokenId, 100)) with { Temperature = 0.5f, TopK = 2, TopP = 0.9f } });
        Assert.Equal(unlikely, new TokenProbability(forced.TokenId, forced.LogProbability!.Value));
        Assert.Equal(free, forced.Likeliest);
    }

    [Fact]
    public async Task GenerateAsync_Penalties_CountWhatWasGeneratedAndNotThePrompt()
    {
        const float Lead = 0.5f;
        await using var engine = await TinyModel.LoadAsync();
        var likeliest = (await FirstAsync(engine, Request)).Likeliest;
        var ofPrompt = likeliest.First(likely => Request.PromptIds.Contains(likely.TokenId) && likely != likeliest[0]);
        var ahead = likeliest[0].LogProbability - ofPrompt.LogProbability + Lead;
        var steered = Bias((ofPrompt.TokenId, ahead)) with { PresencePenalty = 2, FrequencyPenalty = 2 };

        Assert.Equal(ofPrompt.TokenId, (await FirstAsync(engine, Request with { Sampling = steered })).TokenId);
        Assert.Equal(2, (await ReadAsync(engine, Request with { Sampling = Bias((7, 100)) with { FrequencyPenalty = 2 }, MaxTokens = 2 })).Ids.Count(id => id == 7));
        var varied = (await ReadAsync(engine, Request with { Sampling = SamplingOptions.Greedy with { PresencePenalty = 2, FrequencyPenalty = 2 }, MaxTokens = 40 })).Ids;
        var plain = (await ReadAsync(engine, Request with { MaxTokens = 40 })).Ids;
        Assert.True(varied.Distinct().Count() > plain.Distinct().Count());
    }

    private static SamplingOptions Bias((int Token, float Bias) bias) => new() { LogitBias = new Dictionary<int, float> { [bias.Token] = bias.Bias } };

    private static Task<Answer> ReadAsync(TestEngine engine, GenerationRequest request) =>
        Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken));

    private static async Task<TokenGenerated> FirstAsync(TestEngine engine, GenerationRequest request)
    {
        var events = engine.GenerateAsync(request with { MaxTokens = 1 }, TestContext.Current.CancellationToken);
        return Assert.IsType<TokenGenerated>(await events.FirstAsync(TestContext.Current.CancellationToken));
    }
}
