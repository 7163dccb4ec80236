using Herd.Contracts.Models;
using Herd.Gateway.OpenAi;
using Herd.Gateway.Serving;
using Xunit;

namespace Herd.Gateway.Tests.OpenAi;

public sealed class AnswerProgressTests
{
    [Fact]
    public void Usage_SeveralAnswersOfAPrompt_CountsThePromptOnce()
    {
        var progress = new AnswerProgress(answersPerPrompt: 2);
        for (var index = 0; index < 4; index++)
        {
            progress.Count(new GenerationStep(index, Started(promptTokens: index < 2 ? 10 : 100)));
            progress.Count(new GenerationStep(index, Finished(index + 1, reused: 4 + index)));
        }

        Assert.Equal(new UsageBody(110, 10, 120, new PromptTokensBody(4 + 6)), progress.Usage);
    }

    [Fact]
    public void Answers_InterleavedUpdates_AreKeptApartAndInOrder()
    {
        var progress = new AnswerProgress(answersPerPrompt: 2);
        progress.Add(new GenerationStep(1, Started(1)));
        progress.Add(new GenerationStep(0, Started(1)));
        progress.Add(new GenerationStep(1, new TokensGenerated(0, [7], "b")));
        progress.Add(new GenerationStep(0, new TokensGenerated(0, [8], "a")));
        progress.Add(new GenerationStep(1, new TokensGenerated(1, [9], "B")));
        progress.Add(new GenerationStep(1, Finished(2, FinishReason.Length)));
        progress.Add(new GenerationStep(0, Finished(1)));

        Assert.Equal([new Answer(0, "a", "stop"), new Answer(1, "bB", "length")], progress.Answers);
    }

    private static GenerationStarted Started(int promptTokens) =>
        new() { PromptIds = [], PromptTokens = promptTokens, TokenizerDigest = "", Seed = 0, MaxTokens = 1 };

    private static GenerationFinished Finished(int tokens, FinishReason reason = FinishReason.Stop, int reused = 0) =>
        new() { Reason = reason, CompletionTokens = tokens, AnswerTokens = tokens, ReusedTokens = reused };
}
