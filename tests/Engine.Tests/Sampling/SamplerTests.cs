using CsCheck;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

public sealed class SamplerTests
{
    private static readonly Gen<float[]> Logits = Gen.Float[-12, 12].Array[2, 200];

    [Fact]
    public void Choose_TemperatureZero_TakesTheLowestOfTheLikeliest() =>
        Assert.Equal(1, new Sampler().Choose([0, 3, 3, 1], SamplingOptions.Greedy, [], position: 5));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Choose_ALogitThatIsNotFinite_IsTheModelsFault(float logit)
    {
        foreach (var temperature in new[] { 0f, 1f })
        {
            var error = Assert.Throws<EngineException>(() => new Sampler().Choose([0, logit, 1], new SamplingOptions { Temperature = temperature }, [], 3));
            Assert.Equal(EngineErrorCode.Fault, error.Code);
            Assert.Contains("token 1", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Choose_SameSeedAndPosition_GivesTheSameTokenWhateverCameBefore()
    {
        Gen.Select(Logits, Gen.Long, Gen.Int[0, 5000], Gen.Float[0.05f, 2], Gen.Float[0.1f, 1]).Sample((logits, seed, position, temperature, topP) =>
        {
            var options = new SamplingOptions { Temperature = temperature, TopP = topP, Seed = seed };
            var used = new Sampler();
            used.Choose(new float[77], options with { Seed = 1 }, [], 3);
            Assert.Equal(new Sampler().Choose(logits, options, [], position), used.Choose(logits, options, [], position));
        });
    }

    [Fact]
    public void Distribution_TopP1_KeepsAllHoweverTheProbabilitiesRound() =>
        Gen.Float[-9, 9].Array[400, 600].Sample(logits =>
            Assert.Equal(logits.Length, new Sampler().Distribution(logits, new SamplingOptions { Temperature = 1 }).Ids.Length));

    [Fact]
    public void Distribution_KeepsTheShortestHeadThatExceedsTopP()
    {
        Gen.Select(Logits, Gen.Float[0.05f, 1]).Sample((logits, topP) =>
        {
            var all = new Sampler().Distribution(logits, new SamplingOptions { Temperature = 1 }).Probabilities;
            var kept = new Sampler().Distribution(logits, new SamplingOptions { Temperature = 1, TopP = topP }).Ids.Length;
            var before = all.Take(kept - 1).Sum(p => (double)p);
            Assert.True(kept == 1 || before <= topP + 1e-5, $"kept {kept} though {before} came before the last");
            Assert.True(kept == all.Length || before + all[kept - 1] > topP - 1e-5, $"kept only {kept} for {topP}");
        });
    }

    [Theory]
    [InlineData(-0.1f, 1f)]
    [InlineData(0.001f, 1f)]
    [InlineData(11f, 1f)]
    [InlineData(float.NaN, 1f)]
    [InlineData(1f, 0f)]
    [InlineData(1f, 1.01f)]
    [InlineData(1f, float.NaN)]
    public void Validate_OutOfRange_NamesTheValue(float temperature, float topP)
    {
        var error = Assert.Throws<EngineException>(() => new SamplingOptions { Temperature = temperature, TopP = topP }.Validate());
        Assert.Equal(EngineErrorCode.InvalidRequest, error.Code);
    }
}
