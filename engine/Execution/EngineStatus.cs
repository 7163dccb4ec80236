namespace Herd.Engine.Execution;

/// <summary>What an engine holds now.</summary>
/// <param name="RunningSequences">Sequences in the batch.</param>
/// <param name="WaitingSequences">Sequences that wait for room.</param>
/// <param name="FreeBlocks">Blocks of the key/value cache that sequences can take, of 16 tokens each; those kept for prompts to come are among them.</param>
/// <param name="TotalBlocks">All blocks.</param>
public sealed record EngineStatus(int RunningSequences, int WaitingSequences, int FreeBlocks, int TotalBlocks)
{
    /// <summary>How often, since the start, a running sequence gave its blocks to an older one; it waited and was recomputed.</summary>
    public long Preemptions { get; init; }

    /// <summary>How many of the free blocks hold the keys and values of prompts, for as long as nobody needs the room.</summary>
    public int CachedBlocks { get; init; }

    /// <summary>Prompt tokens of all sequences that began to run since the start.</summary>
    public long PromptTokens { get; init; }

    /// <summary>How many of them were in the cache already and not computed.</summary>
    public long ReusedTokens { get; init; }

    /// <summary>How often, since the start, a cached piece of a prompt had to make room.</summary>
    public long Evictions { get; init; }

    /// <summary>How often, since the start, the accounts of blocks, slots and prompts were wrong while nothing ran: faults of the engine, told in its log.</summary>
    public long AccountFaults { get; init; }
}

/// <summary>How far loading is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Fraction">How much of it is done, 0 to 1.</param>
public sealed record LoadProgress(string Stage, double Fraction);
