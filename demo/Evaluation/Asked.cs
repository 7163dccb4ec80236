namespace Herd.Demo.Evaluation;

/// <summary>What a model is asked.</summary>
/// <param name="Instruction">The question.</param>
/// <param name="Input">Its context; null for none.</param>
/// <param name="Picture">A PNG file; null for none.</param>
public sealed record Asked(string Instruction, string? Input, byte[]? Picture)
{
    /// <summary>Experts that look at the picture beside the model.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];
}
