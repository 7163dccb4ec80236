namespace Herd.Engine.Training.Parameters;

/// <summary>Which tensors weight decay takes hold of.</summary>
/// <remarks>The official rule: not those of one axis, nor those whose names end in <c>.bias</c>. Official gates have four axes, so they are decayed.
/// Source: docs/engine.md, "Training".</remarks>
internal static class DecayRule
{
    /// <summary>Whether a tensor is decayed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>True where it is.</returns>
    public static bool Applies(string name, IReadOnlyList<long> shape) =>
        IsGate(name) || (shape.Count > 1 && !name.EndsWith(".bias", StringComparison.Ordinal));

    private static bool IsGate(string name) => name.StartsWith("prompts.", StringComparison.Ordinal) && name.Contains("gate", StringComparison.Ordinal);
}
