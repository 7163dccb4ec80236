namespace Herd.Engine.Scheduling;

/// <summary>An adapter could not be put on the device. Only the sequence that wanted to begin with it is concerned; what else the plan began stands, and the plan can be made again.</summary>
/// <param name="sequence">The sequence; it still waits.</param>
/// <param name="error">Why.</param>
internal sealed class AdapterPlacementException(Sequence sequence, Exception error)
    : Exception($"The adapter {sequence.Adapter} could not be put on the device.", error)
{
    /// <summary>The sequence; it still waits.</summary>
    public Sequence Sequence => sequence;
}
