namespace Herd.Engine.Scheduling;

/// <summary>How much a step may hold.</summary>
/// <param name="MaxRunningSequences">Most sequences in a step.</param>
/// <param name="MaxStepTokens">Most tokens in a step.</param>
internal sealed record SchedulerLimits(int MaxRunningSequences, int MaxStepTokens);
