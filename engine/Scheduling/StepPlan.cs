namespace Herd.Engine.Scheduling;

/// <summary>Part of a sequence that a step computes: <paramref name="Count"/> tokens from <see cref="Sequence.Computed"/> on.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Count">Number of tokens, at least 1.</param>
internal readonly record struct PlannedChunk(Sequence Sequence, int Count)
{
    /// <summary>Whether the step reaches the sequence's last token, so that the next one can be chosen.</summary>
    public bool ReachesEnd => Count == Sequence.Pending;
}

/// <summary>What one step computes.</summary>
/// <param name="Chunks">Decode tokens and prompt chunks, each sequence at most once; empty when nothing can run.</param>
/// <param name="Preempted">Sequences that had to give their blocks back; they wait and are recomputed.</param>
internal sealed record StepPlan(IReadOnlyList<PlannedChunk> Chunks, IReadOnlyList<Sequence> Preempted);
