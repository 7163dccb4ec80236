namespace Herd.Engine.Training.Data;

/// <summary>An endless stream of examples in an order that its seed and its position decide alone.</summary>
/// <remarks>One reader at a time.</remarks>
public interface IExampleSource
{
    /// <summary>Where the next example comes from. Set to an earlier value it gives the same examples again, also in another process.</summary>
    ExamplePosition Position { get; set; }

    /// <summary>The next example; behind the last row the next pass begins.</summary>
    /// <returns>The example.</returns>
    TrainingExample Next();
}
