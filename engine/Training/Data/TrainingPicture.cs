namespace Herd.Engine.Training.Data;

/// <summary>A picture as the image encoder takes it.</summary>
/// <param name="Key">Names the pixels: the same key, the same pixels, so that their features may be kept. Null for a picture that is seen once, as augmented ones are.</param>
/// <param name="Pixels">Preprocessed, [3, side, side] row by row, as <see cref="Vision.ClipPreprocessor"/> makes them.</param>
public sealed record TrainingPicture(string? Key, float[] Pixels);
