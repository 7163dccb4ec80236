namespace Herd.Demo.Ablation;

/// <summary>A measure of the same way of training under several seeds.</summary>
/// <param name="values">The values, by seed; at least one.</param>
public sealed class SeedValues(IReadOnlyList<double> values)
{
    private const int FewestSeeds = 3;

    /// <summary>The values, by seed.</summary>
    public IReadOnlyList<double> Values => values;

    /// <summary>Their mean.</summary>
    public double Mean => values.Average();

    /// <summary>How they stand to others.</summary>
    /// <remarks>If nothing but chance parted two ways of training, three seeds of one would all lie above, or all below, three of the other one time in ten.</remarks>
    /// <param name="others">The others.</param>
    /// <returns>Whether all are higher, all lower, or neither can be said.</returns>
    public Standing Against(SeedValues others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return Math.Min(values.Count, others.Values.Count) < FewestSeeds ? Standing.TooFew
            : values.Min() > others.Values.Max() ? Standing.Higher
            : values.Max() < others.Values.Min() ? Standing.Lower
            : Standing.Overlap;
    }
}

/// <summary>How the seeds of one way of training stand to those of another.</summary>
public enum Standing
{
    /// <summary>There are too few to say.</summary>
    TooFew,

    /// <summary>Some are higher and some lower: nothing can be concluded.</summary>
    Overlap,

    /// <summary>Every one is higher.</summary>
    Higher,

    /// <summary>Every one is lower.</summary>
    Lower,
}

/// <summary>Words for it.</summary>
internal static class Standings
{
    /// <summary>The word in a table.</summary>
    public static string Word(this Standing standing) => standing switch
    {
        Standing.TooFew => "too few seeds",
        Standing.Higher => "higher",
        Standing.Lower => "lower",
        _ => "overlap",
    };
}
