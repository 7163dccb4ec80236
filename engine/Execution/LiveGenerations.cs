using Herd.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Herd.Engine.Execution;

/// <summary>The generations there are: those that arrived, wait or run. Gives each what it needs for its life, and takes it back at the end, however that comes.</summary>
/// <remarks>Device thread only.</remarks>
internal sealed class LiveGenerations(DeviceParts parts, GenerationPlaces places, ILogger logger) : IDisposable
{
    private readonly Dictionary<Sequence, Generation> _live = [];
    private List<Generation> _arrived = [];
    private bool _audited;

    /// <summary>How many there are.</summary>
    public int Count => _live.Count;

    /// <summary>How often the accounts were wrong while there was none.</summary>
    public long AccountFaults { get; private set; }

    /// <summary>The generation of a sequence that the scheduler has.</summary>
    public Generation this[Sequence sequence] => _live[sequence];

    /// <summary>Takes a generation in.</summary>
    /// <param name="generation">The generation; it has a place.</param>
    public void Add(Generation generation)
    {
        _audited = false;
        _live.Add(generation.Sequence, generation);
        if (generation.EndsAtOnce)
        {
            End(generation);
        }
        else
        {
            _arrived.Add(generation);
        }
    }

    /// <summary>
    /// Lets those who arrived wait for their turn, once they have their prompts. Prompts under a new picture are computed for one of them at most: those who run are
    /// not held up by more than that between two steps.
    /// </summary>
    public void StartArrived()
    {
        if (_arrived.Count == 0)
        {
            return;
        }

        var (later, computed) = (new List<Generation>(), false);
        foreach (var generation in _arrived.Where(generation => _live.ContainsKey(generation.Sequence)))
        {
            var mustCompute = HasPrompts(generation) && !parts.PromptCache.Has(generation.Sequence.Key);
            if (mustCompute && computed)
            {
                later.Add(generation);
                continue;
            }

            computed |= mustCompute;
            Start(generation);
        }

        _arrived = later;
    }

    /// <summary>Ends a generation: it gives everything back, and then its reader is told. One that has ended is no error.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="error">Why it could not be completed; null where it was, or where its reader has gone.</param>
    public void End(Generation generation, EngineException? error = null)
    {
        if (!_live.Remove(generation.Sequence))
        {
            return;
        }

        try
        {
            parts.Scheduler.Remove(generation.Sequence);
            ReleasePrompts(generation);
        }
        catch (Exception fault)
        {
            // Others must not suffer for it; what it still holds, the audit finds.
            logger.LogError(fault, "A generation could not give back all it held.");
        }
        finally
        {
            generation.Adapter?.Dispose();
            places.Leave(generation.Sequence.Key.Scope);
            generation.Complete(error);
        }
    }

    /// <summary>Ends all generations.</summary>
    /// <param name="error">Why, made for each.</param>
    public void EndAll(Func<EngineException> error)
    {
        foreach (var generation in _live.Values.ToArray())
        {
            End(generation, error());
        }
    }

    /// <summary>Whoever has ended must have left nothing held.</summary>
    public void AuditWhenIdle()
    {
        if (_live.Count > 0 || _audited)
        {
            return;
        }

        _audited = true;
        try
        {
            parts.Scheduler.Audit();
            var held = parts.Blocks.Total - parts.Blocks.Free;
            if (held > 0 || parts.PromptCache.Leases > 0)
            {
                throw new InvalidOperationException($"{held} blocks and {parts.PromptCache.Leases} prompts are held by nobody.");
            }
        }
        catch (Exception error)
        {
            AccountFaults++;
            logger.LogError(error, "The engine's accounts are wrong.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => parts.PromptCache.Dispose();

    private static bool HasPrompts(Generation generation) => generation.Adapter is { Weights.Prompts.Count: > 0 };

    private void Start(Generation generation)
    {
        try
        {
            if (HasPrompts(generation))
            {
                generation.Prompts = parts.PromptCache.Lease(generation.Sequence.Key, () => parts.Prompts.Build(generation.Adapter!.Weights, generation.Picture));
            }

            parts.Scheduler.Add(generation.Sequence);
        }
        catch (Exception error)
        {
            logger.LogError(error, "A generation could not be started.");
            End(generation, Generation.Fault(error));
        }
    }

    private void ReleasePrompts(Generation generation)
    {
        if (generation.Prompts is not null)
        {
            parts.PromptCache.Release(generation.Sequence.Key);
            generation.Prompts = null;
        }
    }
}
