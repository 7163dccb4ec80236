using System.Text;
using Herd.Contracts.Models;
using Herd.Gateway.OpenAi;
using Xunit;

namespace Herd.Gateway.Tests.OpenAi;

public sealed class ReleasedTokensTests
{
    private readonly ReleasedTokens _tokens = new();

    [Fact]
    public void Take_TokensWhoseTextIsHeldBack_WaitForIt()
    {
        Assert.Equal((" red", 0), Told(_tokens.Take(Update("red", " red"))));
        Assert.Null(_tokens.Take(Update("", " #")));
        Assert.Equal((" #,x", 3), Told(_tokens.Take(Update(" #x", "x"))));
    }

    [Fact]
    public void Take_TokensOfAStopText_AreNeverTold()
    {
        Assert.Equal(("a", 0), Told(_tokens.Take(Update("a", "a", "#"))));
        Assert.Null(_tokens.Take(Update("", "##")));
        Assert.Null(_tokens.Take(Finished(answerTokens: 1)));
    }

    [Fact]
    public void Take_TheEnd_TellsWhatIsLeftOfTheAnswer()
    {
        Assert.Null(_tokens.Take(Update("", "#")));
        Assert.Equal(("#", 0), Told(_tokens.Take(Finished(answerTokens: 1))));
    }

    [Fact]
    public void Take_NothingAskedFor_TellsNothing()
    {
        Assert.Null(_tokens.Take(Update("a")));
        Assert.Null(_tokens.Take(Finished(answerTokens: 3)));
    }

    private static TokensGenerated Update(string text, params string[] tokens) => new(0, [.. tokens.Select(_ => 1)], text)
    {
        LogProbabilities = [.. tokens.Select(token => new ChosenToken(new TokenProbability(1, [.. Encoding.UTF8.GetBytes(token)], -1), []))],
    };

    private static GenerationFinished Finished(int answerTokens) => new() { Reason = FinishReason.Stop, CompletionTokens = 9, AnswerTokens = answerTokens };

    private static (string Tokens, int Offset)? Told(TokenRun? run) =>
        run is null ? null : (string.Join(',', run.Tokens.Select(token => TokenBody.TextOf(token.Token))), run.Offset);
}
