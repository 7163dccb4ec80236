namespace Herd.Engine.Training.Data;

/// <summary>A place in an endless stream of examples.</summary>
/// <param name="Pass">Passes that are over; always 0 where rows are made, not read.</param>
/// <param name="Row">Rows of this pass that are behind.</param>
public readonly record struct ExamplePosition(long Pass, long Row);
