namespace Herd.Engine.Scheduling;

/// <summary>How much a step may hold.</summary>
/// <param name="MaxRunningSequences">Most sequences in a step.</param>
/// <param name="MaxStepTokens">Most tokens in a step, at least <paramref name="MaxRunningSequences"/> and a tile, or prompts could wait for ever.</param>
internal sealed record SchedulerLimits(int MaxRunningSequences, int MaxStepTokens);
