using Herd.Engine.Training.Data;

namespace Herd.Demo.Rows;

/// <summary>Endless rows, each made from its number alone.</summary>
/// <param name="make">Makes a row.</param>
/// <param name="encoder">Makes tokens of it.</param>
internal sealed class GeneratedExamples(Func<long, RowText> make, RowEncoder encoder) : IExampleSource
{
    /// <inheritdoc/>
    public ExamplePosition Position { get; set; }

    /// <inheritdoc/>
    public TrainingExample Next()
    {
        var example = encoder.Encode(make(Position.Row));
        Position = Position with { Row = Position.Row + 1 };
        return example;
    }
}
