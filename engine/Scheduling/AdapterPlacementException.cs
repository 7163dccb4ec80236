namespace Herd.Engine.Scheduling;

/// <summary>An adapter could not be put on the device. The one sequence that wanted to begin with it is concerned, and nothing else has changed.</summary>
/// <param name="sequence">The sequence; it still waits.</param>
/// <param name="error">Why.</param>
internal sealed class AdapterPlacementException(Sequence sequence, Exception error)
    : Exception($"The adapter {sequence.Adapter} could not be put on the device.", error)
{
    /// <summary>The sequence; it still waits.</summary>
    public Sequence Sequence => sequence;
}
