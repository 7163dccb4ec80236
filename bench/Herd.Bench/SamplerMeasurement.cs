using System.Diagnostics;
using Herd.Engine;
using Herd.Engine.Sampling;
using Spectre.Console;

namespace Herd.Bench;

/// <summary>Measures what choosing one token costs, without a model: the engine's sampler against <see cref="FullSortSampler"/>, in alternation.</summary>
internal sealed class SamplerMeasurement
{
    private const int Generated = 1000;
    private const int Biased = 8;
    private const int TokensPerBlock = 8; // one for each row of logits

    private static readonly SamplingOptions Drawn = new() { Temperature = 0.8f, Seed = 1 };

    private readonly Sampler _sampler = new();
    private readonly int[] _generated;
    private readonly (string Name, SamplingOptions Options)[] _cases;
    private readonly (string Name, float[][] Rows)[] _logits;
    private int _position;

    /// <summary>Makes logits.</summary>
    /// <param name="vocabulary">Entries of the vocabulary.</param>
    /// <param name="seed">Decides logits and generated tokens.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: a vocabulary without entries.</exception>
    public SamplerMeasurement(int vocabulary, int seed)
    {
        BenchOptions.Require(vocabulary >= 1, $"--vocab is {vocabulary}, expected at least 1.");
        var random = new Random(seed);
        _generated = [.. Enumerable.Range(0, Generated).Select(_ => random.Next(vocabulary))];
        _logits = [("skewed", Rows(() => Skewed(random, vocabulary))), ("flat", Rows(() => Normal(random, vocabulary, 0.5)))];
        _cases =
        [
            ("greedy", SamplingOptions.Greedy),
            ("temperature", Drawn),
            ("top_k 50", Drawn with { TopK = 50 }),
            ("top_p 0.95", Drawn with { TopP = 0.95f }),
            ("min_p 0.05", Drawn with { MinP = 0.05f }),
            ("all options", Drawn with
            {
                TopK = 50, TopP = 0.95f, MinP = 0.05f, PresencePenalty = 0.5f, FrequencyPenalty = 0.5f,
                LogitBias = Enumerable.Range(0, Biased).ToDictionary(_ => random.Next(vocabulary), id => 1f),
            }),
        ];
    }

    /// <summary>Measures and writes one row for each case.</summary>
    /// <param name="console">Takes the table.</param>
    /// <param name="blocks">Pairs of measurements for each row.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: no blocks.</exception>
    public void Run(IAnsiConsole console, int blocks, CancellationToken cancellationToken)
    {
        BenchOptions.Require(blocks >= 1, $"--blocks is {blocks}, expected at least 1.");
        var table = new Table().AddColumns("logits", "options", "full sort, us", "Herd, us", "ratio [[95 %]]", "same token");
        foreach (var (logits, rows) in _logits)
        {
            foreach (var (name, options) in _cases)
            {
                var measured = Enumerable.Range(-1, blocks + 1).Select(_ => Measure(rows, options, cancellationToken)).Skip(1).ToArray(); // the first compiles
                var ratios = measured.Select(block => block.FullSort / block.Herd).ToArray();
                var interval = Statistics.MedianInterval(ratios) is { } found ? $" [{found.Low:F1}, {found.High:F1}]" : "";
                table.AddRow(
                    new Text(logits),
                    new Text(name),
                    new Text($"{Statistics.Median(measured.Select(block => block.FullSort)):N0}"),
                    new Text($"{Statistics.Median(measured.Select(block => block.Herd)):N0}"),
                    new Text($"{Statistics.Median(ratios):F1}{interval}"),
                    new Text($"{measured.Sum(block => block.Same)} of {blocks * TokensPerBlock}"));
            }
        }

        console.Write(table);
    }

    private static float[][] Rows(Func<float[]> make) => [.. Enumerable.Range(0, TokensPerBlock).Select(_ => make())];

    /// <summary>A few hundred entries far above the bulk, as a trained model's are.</summary>
    private static float[] Skewed(Random random, int vocabulary)
    {
        var logits = Normal(random, vocabulary, 2);
        for (var i = 0; i < vocabulary / 500; i++)
        {
            logits[random.Next(vocabulary)] += (float)(6 - (3 * Math.Log(1 - random.NextDouble())));
        }

        return logits;
    }

    private static float[] Normal(Random random, int vocabulary, double deviation) =>
        [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];

    private (double FullSort, double Herd, int Same) Measure(float[][] rows, SamplingOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var position = _position += rows.Length;
        var (fullSort, expected) = Time(rows, (row, index) => FullSortSampler.Choose(row, options, _generated, position + index));
        var (herd, chosen) = Time(rows, (row, index) => _sampler.Choose(row, options, _generated, position + index));
        return (fullSort, herd, expected.Zip(chosen).Count(pair => pair.First == pair.Second));
    }

    /// <summary>Microseconds for each row, and what was chosen.</summary>
    private static (double Microseconds, int[] Tokens) Time(float[][] rows, Func<float[], int, int> choose)
    {
        var start = Stopwatch.GetTimestamp();
        var tokens = rows.Select(choose).ToArray();
        return (Stopwatch.GetElapsedTime(start).TotalMicroseconds / rows.Length, tokens);
    }
}
