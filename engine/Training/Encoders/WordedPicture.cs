using System.Collections.Immutable;
using Herd.Engine.Training.Data;

namespace Herd.Engine.Training.Encoders;

/// <summary>A picture and words that say what it shows.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Ids">The words' token ids, BOS first.</param>
/// <param name="Slots">For each slot that the picture fills the token that it stands for, an index into <paramref name="Ids"/>; -1 for a slot that stands for nothing.</param>
public sealed record WordedPicture(TrainingPicture Picture, int[] Ids, ImmutableArray<int> Slots);

/// <summary>An endless stream of pictures with words in an order that its seed and its position decide alone.</summary>
public interface IWordedPictureSource
{
    /// <summary>Where the next picture comes from.</summary>
    ExamplePosition Position { get; set; }

    /// <summary>The next picture.</summary>
    /// <returns>The picture with its words.</returns>
    WordedPicture Next();
}
