namespace Herd.Demo.Evaluation;

/// <summary>How a model is evaluated.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Whether questions with pictures are asked twice more: without it, and under the picture of another case.</summary>
    /// <value>Default true.</value>
    public bool Controls { get; init; } = true;

    /// <summary>Questions under way at a time.</summary>
    /// <value>Default 16; at least 1.</value>
    public int AtATime { get; init; } = 16;

    /// <summary>Wrong answers that are kept of each group.</summary>
    /// <value>Default 5.</value>
    public int KeptMisses { get; init; } = 5;
}
