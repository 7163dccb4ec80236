namespace Herd.Demo.Evaluation;

/// <summary>How many of some are right, and what that says of all there could be.</summary>
/// <remarks>Interval: Wilson, Probable inference, the law of succession, and statistical inference, 1927; it holds for few cases and for shares of 0 and 1.</remarks>
/// <param name="Right">The right ones.</param>
/// <param name="Total">All, at least 1.</param>
public sealed record Proportion(int Right, int Total)
{
    private const double Z = 1.959963984540054; // 95 %

    /// <summary>The right ones among all, 0 to 1.</summary>
    public double Share => (double)Right / Total;

    /// <summary>Lower end of the 95 % interval.</summary>
    public double Low => Right == 0 ? 0 : Centre - HalfWidth;

    /// <summary>Upper end of the 95 % interval.</summary>
    public double High => Right == Total ? 1 : Centre + HalfWidth;

    private double Centre => (Share + (Z * Z / (2 * Total))) / (1 + (Z * Z / Total));

    private double HalfWidth => Z / (1 + (Z * Z / Total)) * Math.Sqrt((Share * (1 - Share) / Total) + (Z * Z / (4.0 * Total * Total)));
}
