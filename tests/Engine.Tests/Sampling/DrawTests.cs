using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

/// <summary>Chi-square tests of the draw: it follows the distribution over positions and over seeds, and neighbours are independent. All seeds are fixed.</summary>
public sealed class DrawTests
{
    private const int Draws = 40_000;
    private const double FewestExpected = 5; // in a cell; smaller ones are joined
    private const double Deviations = 4; // either side of what the statistic should be: 1 in 16,000 tests would fail by chance

    private static readonly SamplingOptions Plain = new() { Temperature = 1, Seed = 42 };

    private static readonly Dictionary<string, (float[] Logits, SamplingOptions Options)> Distributions = new()
    {
        ["flat"] = ([.. Enumerable.Repeat(1f, 20)], Plain),
        ["two"] = ([0, 1], Plain),
        ["skewed"] = ([.. Enumerable.Range(0, 40).Select(id => -0.2f * (id * 7 % 40))], Plain),
        ["cold"] = ([1.5f, 1.2f, 1.4f, 0.9f, -3], Plain with { Temperature = 0.2f }),
        ["hot"] = ([9, -4, 3, 0, 7, -8], Plain with { Temperature = 10 }),
        ["top-k"] = ([.. Enumerable.Range(0, 300).Select(id => (float)Math.Sin(id))], Plain with { TopK = 12 }),
        ["top-p"] = ([.. Enumerable.Range(0, 300).Select(id => 2 * (float)Math.Sin(id))], Plain with { TopP = 0.3f }),
        ["min-p"] = ([.. Enumerable.Range(0, 60).Select(id => -0.1f * id)], Plain with { MinP = 0.2f }),
        ["steered"] = (
            [.. Enumerable.Range(0, 50).Select(id => 3 * (float)Math.Cos(id))],
            Plain with { Temperature = 1.3f, TopK = 30, TopP = 0.9f, MinP = 0.02f, LogitBias = new Dictionary<int, float> { [0] = -100, [1] = 2 } }),
    };

    /// <summary>Of the n-th draw and the one beside it: seeds and positions.</summary>
    private static readonly Dictionary<string, Func<int, (long Seed, int Position)[]>> Neighbours = new()
    {
        ["positions"] = n => [(42, 2 * n), (42, (2 * n) + 1)],
        ["seeds"] = n => [(2L * n, 300), ((2L * n) + 1, 300)],
        ["seed and position"] = n => [(7, n), (n, 7)],
        ["opposite seeds"] = n => [(n + 1L, 5), (-n - 1L, 5)],
        ["seeds and positions together"] = n => [(n, 1000 + n), (n + 1L, 1000 + n - 1)],
    };

    public static TheoryData<string> DistributionNames => [.. Distributions.Keys];

    public static TheoryData<string, string> NeighbourNames =>
        new(from neighbours in Neighbours.Keys from distribution in new[] { "flat", "two", "cold", "min-p" } select (neighbours, distribution));

    [Theory]
    [MemberData(nameof(DistributionNames))]
    public void Choose_OverPositions_FollowsTheDistribution(string name) => ExpectFollows(name, (n, options) => (options.Seed, n));

    [Theory]
    [MemberData(nameof(DistributionNames))]
    public void Choose_OverSeeds_FollowsTheDistribution(string name) => ExpectFollows(name, (n, _) => (n - (Draws / 2), 17));

    [Theory]
    [MemberData(nameof(NeighbourNames))]
    public void Choose_Neighbours_AreIndependent(string neighbours, string distribution)
    {
        var (logits, options) = Distributions[distribution];
        var sampler = new Sampler();
        var (ids, probabilities) = sampler.Distribution(logits, options);
        var expected = new double[ids.Length * ids.Length];
        var counts = new int[expected.Length];
        for (var cell = 0; cell < expected.Length; cell++)
        {
            expected[cell] = (double)probabilities[cell / ids.Length] * probabilities[cell % ids.Length];
        }

        for (var n = 0; n < Draws; n++)
        {
            var pair = Array.ConvertAll(Neighbours[neighbours](n), at => Array.IndexOf(ids, sampler.Choose(logits, options with { Seed = at.Seed }, [], at.Position)));
            counts[(pair[0] * ids.Length) + pair[1]]++;
        }

        ExpectFits(counts, expected);
    }

    private static void ExpectFollows(string name, Func<int, SamplingOptions, (long Seed, int Position)> at)
    {
        var (logits, options) = Distributions[name];
        var sampler = new Sampler();
        var (ids, probabilities) = sampler.Distribution(logits, options);
        var counts = new int[ids.Length];
        for (var n = 0; n < Draws; n++)
        {
            var (seed, position) = at(n, options);
            counts[Array.IndexOf(ids, sampler.Choose(logits, options with { Seed = seed }, [], position))]++;
        }

        ExpectFits(counts, Array.ConvertAll(probabilities, probability => (double)probability));
    }

    /// <summary>Pearson's statistic, held to the chi-square distribution by Wilson and Hilferty's approximation on both sides: too regular is as wrong as too far off.</summary>
    private static void ExpectFits(int[] counts, double[] probabilities)
    {
        var cells = probabilities.Zip(counts, (probability, count) => (Expected: probability * Draws, Count: count)).ToLookup(cell => cell.Expected >= FewestExpected);
        var rest = (Expected: cells[false].Sum(cell => cell.Expected), Count: cells[false].Sum(cell => cell.Count));
        var tested = rest.Expected >= FewestExpected ? [.. cells[true], rest] : cells[true].ToArray();
        Assert.True(tested.Length > 1 && (rest.Expected >= FewestExpected || rest.Count < 4 * FewestExpected));
        var statistic = tested.Sum(cell => Math.Pow(cell.Count - cell.Expected, 2) / cell.Expected);
        double freedom = tested.Length - 1;
        var spread = 2 / (9 * freedom);
        var deviations = (Math.Cbrt(statistic / freedom) - (1 - spread)) / Math.Sqrt(spread);
        Assert.InRange(deviations, -Deviations, Deviations);
    }
}
