using CsCheck;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

/// <summary>All options together, against the definition.</summary>
public sealed class SamplerPropertyTests(ITestOutputHelper output)
{
    private const int Cases = 4000;
    private const int LargestVocabulary = 2000;

    private static readonly Gen<float[]> Logits =
        Gen.Select(Gen.OneOf(Gen.Int[1, 4], Gen.Int[5, 200], Gen.Int[900, LargestVocabulary]), Gen.Enum<Shape>(), Gen.Int).Select(Make);

    private static readonly Gen<float> Penalty = Gen.OneOf(Gen.Const(0f), Gen.Int[-8, 8].Select(quarters => quarters / 4f), Gen.Float[-2, 2]);

    private static readonly Gen<Dictionary<int, float>> Bias =
        Gen.Select(Gen.Int[0, LargestVocabulary], Gen.OneOf(Gen.Const(-100f), Gen.Const(100f), Gen.Int[-4, 4].Select(half => half / 2f), Gen.Float[-100, 100]))
            .Array[0, 6].Select(biases => biases.DistinctBy(bias => bias.Item1).ToDictionary(bias => bias.Item1, bias => bias.Item2));

    private static readonly Gen<SamplingOptions> Filters = Gen.Select(
        Gen.OneOf(Gen.Const(0f), Gen.Const(0.01f), Gen.Const(10f), Gen.Float[0.05f, 2], Gen.Float[0.05f, 2]),
        Gen.OneOf(Gen.Const((int?)null), Gen.Int[1, 60].Select(k => (int?)k), Gen.Int[1, LargestVocabulary + 9].Select(k => (int?)k)),
        Gen.OneOf(Gen.Const(1f), Gen.Const(1e-6f), Gen.Float[0.01f, 1], Gen.Int[1, 9].Select(tenth => tenth / 10f)),
        Gen.OneOf(Gen.Const(0f), Gen.Const(1f), Gen.Float[0, 0.2f]),
        (temperature, topK, topP, minP) => new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP });

    private static readonly Gen<SamplingOptions> Options = Gen.Select(
        Filters, Penalty, Penalty, Bias, Gen.Long,
        (filters, presence, frequency, bias, seed) => filters with { PresencePenalty = presence, FrequencyPenalty = frequency, LogitBias = bias, Seed = seed });

    private enum Shape
    {
        Equal,
        Flat,
        Skewed,
        Steps,
        Far,
    }

    [Fact]
    public void Choose_AllOptionsTogether_ChoosesWhatTheDefinitionDoes()
    {
        var sampler = new Sampler(); // one for all sizes: nothing of one call may reach the next
        var (entries, borderline, undecided, cases) = (0L, 0L, 0, 0);
        Gen.Select(Logits, Options, Gen.Int[0, LargestVocabulary].Array[0, 60], Gen.Int[0, 100_000]).Sample(
            (logits, drawn, ids, position) =>
            {
                var generated = Array.ConvertAll(ids, id => id * id % 7 * id % logits.Length); // some of them often
                var options = drawn with { LogitBias = drawn.LogitBias.Where(bias => bias.Key < logits.Length).ToDictionary() };
                options.Validate();
                var reference = new ReferenceSampler(logits, options, generated, position);
                if (options.Temperature > 0)
                {
                    ExpectKept(reference.Verdicts, sampler.Distribution(logits, options, generated).Ids);
                }

                var chosen = sampler.Choose(logits, options, generated, position);
                Assert.True(reference.Choices.Contains(chosen), $"chose {chosen}, expected one of {string.Join(' ', reference.Choices)} of {logits.Length} for {options}");
                entries += logits.Length;
                borderline += reference.Verdicts.Count(verdict => verdict == Verdict.Borderline);
                undecided += reference.Choices.Length > 1 ? 1 : 0;
                cases++;
            },
            iter: Cases,
            threads: 1);

        output.WriteLine($"Rounding decides on {borderline} of {entries} entries, and on {undecided} of {cases} choices.");
        Assert.InRange(undecided, 0, cases / 20);
        Assert.InRange(borderline, 0, entries / 8);
    }

    private static void ExpectKept(Verdict[] verdicts, int[] kept)
    {
        Assert.Equal(kept.Length, kept.Distinct().Count());
        var isKept = new bool[verdicts.Length];
        Array.ForEach(kept, id => isKept[id] = true);
        Assert.All(verdicts.Index(), entry => Assert.True(entry.Item == Verdict.Borderline || isKept[entry.Index] == (entry.Item == Verdict.Kept), $"{entry.Index}: {entry.Item}"));
    }

    private static float[] Make(int count, Shape shape, int seed)
    {
        var random = new Random(seed);
        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return [.. Enumerable.Range(0, count).Select(_ => shape switch
        {
            Shape.Equal => 2.5f,
            Shape.Flat => Normal() / 4,
            Shape.Skewed => (2 * Normal()) + (random.Next(50) == 0 ? 10 : 0),
            Shape.Steps => MathF.Round(3 * Normal()) / 2,
            Shape.Far => 1000 * Normal(),
            _ => throw new ArgumentOutOfRangeException(nameof(shape)),
        })];
    }
}
