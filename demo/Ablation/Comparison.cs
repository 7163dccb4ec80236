using System.Collections.Immutable;

namespace Herd.Demo.Ablation;

/// <summary>A claim of the paper and the ways of training that it is tried on.</summary>
/// <param name="Name">Its name, in files and marks.</param>
/// <param name="Title">What is compared.</param>
/// <param name="Favoured">The way of training that the paper holds to be better; null where it is said to make no difference.</param>
/// <param name="Members">What is compared, the reference first.</param>
public sealed record Comparison(string Name, string Title, string? Favoured, ImmutableArray<Compared> Members)
{
    /// <summary>All comparisons.</summary>
    public static IReadOnlyList<Comparison> All { get; } =
    [
        new("fusion", "Early against late fusion", Variants.Reference, [new(Variants.Reference, "early, 3 layers"), new(Variants.Late, "late, 3 layers"), new(Variants.LateWide, "late, 5 layers")]),
        new(
            "groups",
            "Which data move what",
            Variants.Reference,
            [
                new(Variants.Reference, "each its own, jointly"), new(Variants.AllData, "everything by all"),
                new(Variants.PicturesFirst, "pictures, then instructions"), new(Variants.InstructionsFirst, "instructions, then pictures"),
            ]),
        new("tuning", "Bias, scale and norm", Variants.Reference, [new(Variants.Reference, "tuned"), new(Variants.NoTuning, "not tuned")]),
        new("gates", "Gates at the start", Variants.ZeroGates, [new(Variants.Reference, "open, 0.3"), new(Variants.ZeroGates, "closed, 0")]),
        new("scale", "Scale after or before the matrix", null, [new(Variants.Reference, "after"), new(Variants.ScaleBefore, "before")]),
    ];

    /// <summary>What of it was run.</summary>
    /// <param name="results">The results.</param>
    /// <returns>Members that have results; fewer than two where there is nothing to compare.</returns>
    public IReadOnlyList<Compared> In(AblationResults results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return [.. Members.Where(member => results.Of(member.Variant).Count > 0)];
    }
}

/// <summary>A way of training in a comparison.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Label">What it is called beside the others.</param>
public sealed record Compared(string Variant, string Label);
