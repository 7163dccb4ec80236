namespace Herd.Engine.Training.Data;

/// <summary>A row of training data as its file says it.</summary>
/// <param name="Instruction">What is asked; null for a text that is learned as a whole.</param>
/// <param name="Input">Context of the question; null where the row has none, which is not the same as an empty one.</param>
/// <param name="Answer">What is to be learned; not blank.</param>
/// <param name="Picture">Path of the picture within the picture folder; null for a row without one.</param>
public sealed record TrainingRow(string? Instruction, string? Input, string Answer, string? Picture)
{
    /// <summary>What is asked where a row has a picture and its caption alone.</summary>
    public const string CaptionInstruction = "Generate caption of this image";
}
