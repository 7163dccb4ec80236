namespace Herd.Engine.Execution;

/// <summary>What an engine holds now.</summary>
/// <param name="RunningSequences">Sequences in the batch.</param>
/// <param name="WaitingSequences">Sequences that wait for room.</param>
/// <param name="FreeBlocks">Free blocks of the key/value cache, of 16 tokens each.</param>
/// <param name="TotalBlocks">All blocks.</param>
public sealed record EngineStatus(int RunningSequences, int WaitingSequences, int FreeBlocks, int TotalBlocks)
{
    /// <summary>How often, since the start, a running sequence gave its blocks to an older one; it waited and was recomputed.</summary>
    public long Preemptions { get; init; }
}

/// <summary>How far loading is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Fraction">How much of it is done, 0 to 1.</param>
public sealed record LoadProgress(string Stage, double Fraction);
