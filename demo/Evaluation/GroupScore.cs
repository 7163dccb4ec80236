namespace Herd.Demo.Evaluation;

/// <summary>How the questions of a group were answered.</summary>
/// <param name="Group">The group.</param>
/// <param name="Right">Right answers.</param>
/// <param name="Majority">Right answers of who always gives the one that is right most often.</param>
public sealed record GroupScore(string Group, Proportion Right, Proportion Majority)
{
    /// <summary>Right answers without the picture; null where there is none or it was not asked.</summary>
    public Proportion? Blind { get; init; }

    /// <summary>Right answers under the picture of another case; null where there is none or it was not asked.</summary>
    public Proportion? WrongPicture { get; init; }

    /// <summary>Some wrong answers.</summary>
    public IReadOnlyList<Miss> Misses { get; init; } = [];
}

/// <summary>A wrong answer.</summary>
/// <param name="Instruction">What was asked.</param>
/// <param name="Input">Its context; null for none.</param>
/// <param name="Scene">What the picture shows; null for none.</param>
/// <param name="Expected">The right answer.</param>
/// <param name="Answer">The answer.</param>
public sealed record Miss(string Instruction, string? Input, string? Scene, string Expected, string Answer);
