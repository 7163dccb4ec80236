using CsCheck;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

/// <summary>Penalties, bias and the filters beside top-p.</summary>
public sealed class SteeringTests
{
    private static readonly Gen<float[]> Logits = Gen.Float[-12, 12].Array[2, 100];

    [Fact]
    public void Choose_FrequencyPenalty_CountsEveryTimeAndPresencePenaltyOnce()
    {
        var frequency = SamplingOptions.Greedy with { FrequencyPenalty = 1 };
        var presence = SamplingOptions.Greedy with { PresencePenalty = 1.5f };
        float[] logits = [5, 3.25f, 0];
        Assert.Equal(0, new Sampler().Choose(logits, frequency, [0], 9));
        Assert.Equal(1, new Sampler().Choose(logits, frequency, [0, 2, 0], 9));
        Assert.Equal(0, new Sampler().Choose(logits, presence, [0, 0, 0], 9));
        Assert.Equal(1, new Sampler().Choose([4.5f, 3.25f, 0], presence, [0], 9));
    }

    [Fact]
    public void Choose_PenaltiesBelowZero_Encourage() =>
        Assert.Equal(2, new Sampler().Choose([1, 1, 0.5f], SamplingOptions.Greedy with { PresencePenalty = -1 }, [2], 9));

    [Fact]
    public void Choose_LogitBias_BansAndForcesAtAnyTemperature()
    {
        Gen.Select(Logits, Gen.Long, Gen.Float[0.1f, 2]).Sample((logits, seed, temperature) =>
        {
            var last = logits.Length - 1;
            var options = new SamplingOptions { Temperature = temperature, Seed = seed };
            Assert.Equal(last, new Sampler().Choose(logits, options with { LogitBias = new Dictionary<int, float> { [last] = 100 } }, [], 3));
            Assert.NotEqual(last, new Sampler().Choose(logits, options with { LogitBias = new Dictionary<int, float> { [last] = -100 } }, [], 3));
        });
    }

    [Fact]
    public void Choose_LeavesTheLogitsAsTheyWere()
    {
        float[] logits = [1, 2, 3];
        new Sampler().Choose(logits, new SamplingOptions { Temperature = 1, PresencePenalty = 2, LogitBias = new Dictionary<int, float> { [0] = 9 } }, [2], 3);
        Assert.Equal([1, 2, 3], logits);
    }

    [Fact]
    public void Distribution_TopK_KeepsExactlyTheLikeliest()
    {
        Gen.Select(Logits, Gen.Int[1, 50]).Sample((logits, k) =>
        {
            var ids = new Sampler().Distribution(logits, new SamplingOptions { Temperature = 1, TopK = k }).Ids;
            Assert.Equal(Math.Min(k, logits.Length), ids.Length);
            var leastKept = ids.Min(id => logits[id]);
            Assert.DoesNotContain(Enumerable.Range(0, logits.Length).Except(ids), id => logits[id] > leastKept + 1e-4);
        });
    }

    [Fact]
    public void Distribution_MinP_KeepsWhatIsLikelyEnoughBesideTheLikeliest()
    {
        Gen.Select(Logits, Gen.Float[0, 1]).Sample((logits, minP) =>
        {
            var all = new Sampler().Distribution(logits, new SamplingOptions { Temperature = 1 });
            var kept = new Sampler().Distribution(logits, new SamplingOptions { Temperature = 1, MinP = minP }).Ids;
            var likely = all.Ids.Zip(all.Probabilities).Where(pair => pair.Second > all.Probabilities[0] * minP * 1.0001f).Select(pair => pair.First);
            Assert.Empty(likely.Except(kept));
            Assert.All(kept, id => Assert.True(all.Probabilities[Array.IndexOf(all.Ids, id)] >= all.Probabilities[0] * minP * 0.9999f));
        });
    }

    [Fact]
    public void Distribution_TopKAndTopP_CountTopPWithinTheTopK()
    {
        // Two of four equal tokens: within them the first alone is half, so top-p 0.4 keeps one more only if it counted all four.
        var ids = new Sampler().Distribution([1, 1, 1, 1], new SamplingOptions { Temperature = 1, TopK = 2, TopP = 0.4f }).Ids;
        Assert.Single(ids);
    }
}
