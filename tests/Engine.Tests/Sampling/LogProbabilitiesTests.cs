using CsCheck;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

public sealed class LogProbabilitiesTests
{
    [Fact]
    public void Of_AnyLogits_SumToOneAndAreOrdered()
    {
        Gen.Float[-30, 30].Array[1, 60].Sample(logits =>
        {
            var (chosen, top) = LogProbabilities.Of(logits, 0, logits.Length);
            Assert.Equal(1, top.Sum(token => Math.Exp(token.LogProbability)), 1e-4);
            Assert.Equal(top.OrderByDescending(token => logits[token.TokenId]).ThenBy(token => token.TokenId), top);
            Assert.Equal(chosen, top.Single(token => token.TokenId == 0).LogProbability);
        });
    }

    [Fact]
    public void Of_FewerThanAll_GivesTheLikeliestAndOnTiesTheLowestIds()
    {
        var (_, top) = LogProbabilities.Of([1, 5, 5, 5, 2], 0, 2);
        Assert.Equal([1, 2], top.Select(token => token.TokenId));
        Assert.Empty(LogProbabilities.Of([1, 2], 0, 0).Top);
    }
}
