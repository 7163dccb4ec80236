using Herd.Engine.Model;
using Herd.Engine.Sampling;
using Herd.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Herd.Engine.Execution;

/// <summary>Computes step after step for the generations there are: what the scheduler plans, the runner computes, and each generation takes its next token of.</summary>
/// <remarks>Device thread only. A fault ends the generations it can be pinned to, and no others.</remarks>
internal sealed class StepLoop(Scheduler scheduler, StepRunner runner, LiveGenerations generations, ILogger logger)
{
    private readonly Sampler _sampler = new();

    /// <summary>Plans and computes one step, where there is anything to compute.</summary>
    public void Advance()
    {
        generations.StartArrived();
        if (TryPlan() is not { } plan)
        {
            return;
        }

        var computed = Compute(plan.Chunks);
        var ending = computed.Where(result => result.Chunk.ReachesEnd).ToArray(); // before the scheduler counts them as computed
        scheduler.Advance([.. computed.Select(result => result.Chunk)]);
        foreach (var (chunk, logits) in ending)
        {
            Continue(generations[chunk.Sequence], logits!);
        }
    }

    /// <summary>The next step; null where a sequence could not begin, and the plan is to be made again without it.</summary>
    private StepPlan? TryPlan()
    {
        try
        {
            return scheduler.Next();
        }
        catch (AdapterPlacementException error)
        {
            logger.LogError(error, "An adapter could not be put on the device.");
            generations.End(generations[error.Sequence], Generation.Fault(error.InnerException!));
            return null;
        }
    }

    /// <summary>
    /// Computes chunks together, and where that fails one by one, so that whoever fails alone is told and the others go on. They get the same bits either way, and a
    /// chunk that was computed in part is computed again over it.
    /// </summary>
    private (PlannedChunk Chunk, float[]? Logits)[] Compute(IReadOnlyList<PlannedChunk> chunks)
    {
        try
        {
            return Run(chunks);
        }
        catch (Exception error) when (chunks.Count > 1)
        {
            logger.LogWarning(error, "A step over {Sequences} sequences failed. Each is computed by itself.", chunks.Count);
            return [.. chunks.SelectMany(chunk => Compute([chunk]))];
        }
        catch (Exception error)
        {
            logger.LogError(error, "A step failed.");
            generations.End(generations[chunks[0].Sequence], Generation.Fault(error));
            return [];
        }
    }

    private (PlannedChunk Chunk, float[]? Logits)[] Run(IReadOnlyList<PlannedChunk> chunks)
    {
        if (chunks.Count == 0)
        {
            return [];
        }

        var segments = chunks.Select(chunk => ToSegment(chunk, generations[chunk.Sequence])).ToArray();
        var wanted = chunks.Zip(segments).Where(pair => pair.First.ReachesEnd).Select(pair => pair.Second).ToHashSet<Segment>(ReferenceEqualityComparer.Instance);
        var logits = new Queue<float[]>(runner.Run(segments, wanted.Contains));
        return [.. chunks.Select(chunk => (chunk, chunk.ReachesEnd ? logits.Dequeue() : null))];
    }

    private void Continue(Generation generation, float[] logits)
    {
        try
        {
            if (generation.Continue(logits, _sampler))
            {
                generations.End(generation);
            }
        }
        catch (Exception error)
        {
            // What follows the step is each sequence's own: the others in it go on.
            logger.LogError(error, "A token could not be chosen.");
            generations.End(generation, Generation.Fault(error));
        }
    }

    private static Segment ToSegment(PlannedChunk chunk, Generation generation) => new()
    {
        Ids = chunk.Sequence.Tokens.GetRange(chunk.Sequence.Computed, chunk.Count),
        Past = chunk.Sequence.Computed,
        Blocks = chunk.Sequence.Blocks,
        Slot = chunk.Sequence.Slot,
        Prompts = generation.Prompts,
        PromptTokens = chunk.Sequence.PromptTokens,
    };
}
