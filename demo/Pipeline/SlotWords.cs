using Herd.Demo.Pictures;
using Herd.Demo.Words;
using Herd.Engine.Tokenization;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Encoders;

namespace Herd.Demo.Pipeline;

/// <summary>Pictures with their captions, word for word: each cell has slots for the colour, the shape, the row and the column of what stands there.</summary>
/// <param name="seed">The order's seed.</param>
/// <param name="pictures">The pictures.</param>
/// <param name="tokenizer">The tokenizer.</param>
internal sealed class SlotWords(long seed, WorldPictures pictures, LlamaTokenizer tokenizer) : IWordedPictureSource
{
    /// <summary>Words of an object, and slots of a cell.</summary>
    public const int PerCell = 4;

    private const int Nothing = -1;

    /// <summary>Slots of all cells.</summary>
    public static int Count => PerCell * WorldWords.Places.Count;

    /// <inheritdoc/>
    public ExamplePosition Position { get; set; }

    /// <inheritdoc/>
    public WordedPicture Next()
    {
        var picture = pictures.Any(seed, Position.Row);
        Position = Position with { Row = Position.Row + 1 };
        var slots = Enumerable.Repeat(Nothing, Count).ToArray();
        var places = new Queue<int>(picture.Scene.Objects.SelectMany(thing => Enumerable.Range(thing.Cell * PerCell, PerCell)));
        List<int> ids = [tokenizer.BosId];
        foreach (var word in $"scene: {picture.Scene.Caption} .".Split(' '))
        {
            if (word is not ("scene:" or "and" or "."))
            {
                slots[places.Dequeue()] = ids.Count;
            }

            ids.AddRange(tokenizer.EncodeContinuation(" " + word));
        }

        return new WordedPicture(picture.ToTraining(), [.. ids], [.. slots]);
    }
}
