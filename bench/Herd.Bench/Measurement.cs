namespace Herd.Bench;

/// <summary>What the quiet blocks of one number of sequences say, and all blocks.</summary>
internal sealed record Measurement
{
    /// <summary>Sequences that run at once.</summary>
    public required int Sequences { get; init; }

    /// <summary>Blocks that count.</summary>
    public required int Quiet { get; init; }

    /// <summary>Blocks that were disturbed and count for nothing.</summary>
    public required int Discarded { get; init; }

    /// <summary>Prompt tokens per second.</summary>
    public Comparison? Prompt { get; init; }

    /// <summary>Generated tokens per second, all sequences together.</summary>
    public Comparison? Decode { get; init; }

    /// <summary>Time to first token on the bare base.</summary>
    public Latency? BareFirstToken { get; init; }

    /// <summary>Time to first token with adapters.</summary>
    public Latency? AdaptersFirstToken { get; init; }

    /// <summary>Every block, the disturbed ones included.</summary>
    public required IReadOnlyList<Block> Blocks { get; init; }

    /// <summary>Sums blocks up; without a quiet one there are no figures.</summary>
    public static Measurement Of(int sequences, IReadOnlyList<Block> blocks)
    {
        var quiet = blocks.Where(block => block.Quiet).ToArray();
        var any = quiet.Length > 0;
        return new Measurement
        {
            Sequences = sequences,
            Quiet = quiet.Length,
            Discarded = blocks.Count - quiet.Length,
            Prompt = any ? Comparison.Of(quiet, round => round.PromptRate) : null,
            Decode = any ? Comparison.Of(quiet, round => round.DecodeRate) : null,
            BareFirstToken = any ? Latency.Of(quiet.SelectMany(block => block.Bare.Round.FirstTokens)) : null,
            AdaptersFirstToken = any ? Latency.Of(quiet.SelectMany(block => block.Adapters.Round.FirstTokens)) : null,
            Blocks = blocks,
        };
    }
}

/// <summary>Both sides of a rate.</summary>
/// <param name="Bare">Median on the bare base.</param>
/// <param name="Adapters">Median with adapters.</param>
/// <param name="Ratio">Adapters to bare: the median of the blocks' ratios.</param>
/// <param name="RatioInterval">Its 95 % interval; null for fewer than six blocks.</param>
internal sealed record Comparison(double Bare, double Adapters, double Ratio, Interval? RatioInterval)
{
    /// <summary>Compares the sides of blocks.</summary>
    public static Comparison Of(IReadOnlyList<Block> blocks, Func<Round, double> rate)
    {
        var ratios = blocks.Select(block => rate(block.Adapters.Round) / rate(block.Bare.Round)).ToArray();
        return new Comparison(
            Statistics.Median(blocks.Select(block => rate(block.Bare.Round))),
            Statistics.Median(blocks.Select(block => rate(block.Adapters.Round))),
            Statistics.Median(ratios),
            Statistics.MedianInterval(ratios));
    }
}

/// <summary>Quantiles of a time, in seconds.</summary>
/// <param name="P50">Half of them took at most this.</param>
/// <param name="P99">All but one in a hundred took at most this.</param>
internal sealed record Latency(double P50, double P99)
{
    /// <summary>Of some times.</summary>
    public static Latency Of(IEnumerable<double> seconds)
    {
        var all = seconds.ToArray();
        return new Latency(Statistics.Quantile(all, 0.5), Statistics.Quantile(all, 0.99));
    }
}
