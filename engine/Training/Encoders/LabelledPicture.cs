using System.Collections.Immutable;
using Herd.Engine.Training.Data;

namespace Herd.Engine.Training.Encoders;

/// <summary>A picture of which it is known what stands where.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Labels">For each attribute the class of each place, row by row; -1 where the place has none.</param>
public sealed record LabelledPicture(TrainingPicture Picture, ImmutableArray<int[]> Labels);

/// <summary>An endless stream of labelled pictures in an order that its seed and its position decide alone.</summary>
public interface ILabelledPictureSource
{
    /// <summary>Where the next picture comes from.</summary>
    ExamplePosition Position { get; set; }

    /// <summary>The next picture.</summary>
    /// <returns>The picture with its labels.</returns>
    LabelledPicture Next();
}
