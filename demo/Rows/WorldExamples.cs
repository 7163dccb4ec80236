using Herd.Demo.Pictures;
using Herd.Demo.Tasks;
using Herd.Engine.Training.Data;

namespace Herd.Demo.Rows;

/// <summary>The world as examples to train with. Each row follows from seed and number; none holds what tests hold out.</summary>
public static class WorldExamples
{
    /// <summary>The texts that a base is made from.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="encoder">The tokenizer.</param>
    /// <param name="options">The course of the texts.</param>
    /// <returns>The examples.</returns>
    public static IExampleSource Base(long seed, RowEncoder encoder, BaseCorpusOptions? options = null) =>
        new GeneratedExamples(new BaseRows(seed, options ?? new BaseCorpusOptions()).Make, encoder);

    /// <summary>Questions and captions under pictures, of which only the answers are learned.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="encoder">The tokenizer.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="options">What is asked.</param>
    /// <returns>The examples.</returns>
    public static IExampleSource Pictures(long seed, RowEncoder encoder, WorldPictures pictures, PictureRowOptions? options = null) =>
        new GeneratedExamples(new PictureRows(seed, pictures, options ?? new PictureRowOptions()).Make, encoder);

    /// <summary>Instructions without pictures, of which only the answers are learned.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="encoder">The tokenizer.</param>
    /// <param name="style">The form of the answers.</param>
    /// <returns>The examples.</returns>
    public static IExampleSource Instructions(long seed, RowEncoder encoder, AnswerStyle style = AnswerStyle.Plain) =>
        new GeneratedExamples(row => InstructionRows.Make(seed, row, style), encoder);
}
