namespace Herd.Bench;

/// <summary>Medians, quantiles, and what the median of a sample says about the median of all blocks there could be.</summary>
internal static class Statistics
{
    /// <summary>The value that half of the others lie below; between two, their mean.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The smallest value that at least this share of the values does not exceed.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="share">Above 0, at most 1.</param>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }

    /// <summary>The 95 % interval of the median by order statistics, which supposes nothing about the distribution.</summary>
    /// <remarks>Each value lies below the true median with probability 1/2, so k of them do so with the binomial's; the k-th smallest and k-th largest
    /// are taken, with the largest k that leaves at most 2.5 % on each side.</remarks>
    /// <returns>Null for fewer than six values, which cannot say so much.</returns>
    public static Interval? MedianInterval(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var k = 0;
        var probability = Math.Pow(0.5, sorted.Length); // of exactly k values below the median
        for (var outside = probability; outside <= 0.025; outside += probability)
        {
            k++;
            probability *= (sorted.Length - k + 1.0) / k;
        }

        return k == 0 ? null : new Interval(sorted[k - 1], sorted[^k]);
    }
}

/// <summary>From where to where.</summary>
internal readonly record struct Interval(double Low, double High);
