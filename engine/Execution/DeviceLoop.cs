using System.Collections.Concurrent;
using Herd.Engine.Adapters;
using Herd.Engine.Model;
using Herd.Engine.Sampling;
using Herd.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Herd.Engine.Execution;

/// <summary>
/// The one thread that owns a device: takes commands, lets the scheduler pick a step, the runner compute it and the sampler choose, and hands tokens to each
/// generation's channel. No other thread touches a tensor of the device.
/// </summary>
internal sealed class DeviceLoop : IDisposable
{
    private readonly BlockingCollection<Action> _commands = [];
    private readonly Dictionary<Sequence, Generation> _generations = [];
    private readonly Sampler _sampler = new();
    private readonly Scheduler _scheduler;
    private readonly BlockLedger _blocks;
    private readonly StepRunner _runner;
    private readonly PromptBuilder _prompts;
    private readonly PromptCache _promptCache;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly int _mostGenerations;
    private volatile EngineStatus _status;
    private long _preemptions;
    private long _accountFaults;
    private bool _audited;
    private int _live;

    /// <summary>Starts the thread.</summary>
    /// <param name="parts">What it works with; their owner disposes them after the loop.</param>
    /// <param name="mostGenerations">Most generations that run or wait.</param>
    /// <param name="logger">Hears of faults.</param>
    public DeviceLoop(DeviceParts parts, int mostGenerations, ILogger logger)
    {
        (_scheduler, _blocks, _runner, _prompts, _promptCache) = (parts.Scheduler, parts.Blocks, parts.Runner, parts.Prompts, parts.PromptCache);
        (_mostGenerations, _logger) = (mostGenerations, logger);
        _status = new EngineStatus(0, 0, _blocks.Free, _blocks.Total);
        _thread = new Thread(Run) { Name = "Herd device loop", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What the loop holds, as of its last step; what was handed over since then waits.</summary>
    public EngineStatus Status
    {
        get
        {
            var status = _status;
            return status with { WaitingSequences = Math.Max(0, Volatile.Read(ref _live) - status.RunningSequences) };
        }
    }

    /// <summary>Hands a generation over.</summary>
    /// <param name="generation">The generation.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Overloaded"/>: too many wait; <see cref="EngineErrorCode.Stopped"/>: the engine is closing.</exception>
    public void Submit(Generation generation)
    {
        if (Interlocked.Increment(ref _live) > _mostGenerations)
        {
            Interlocked.Decrement(ref _live);
            throw new EngineException(EngineErrorCode.Overloaded, $"{_mostGenerations} generations run or wait already, the most there can be. Try again later.");
        }

        if (!TryPost(() => Start(generation)))
        {
            Interlocked.Decrement(ref _live);
            throw Stopped();
        }
    }

    /// <summary>Ends a generation whose reader has gone; one that has ended is no error.</summary>
    /// <param name="generation">The generation.</param>
    public void Abandon(Generation generation) => TryPost(() => End(generation));

    /// <summary>Ends all generations with <see cref="EngineErrorCode.Stopped"/> and waits for the thread.</summary>
    public void Dispose()
    {
        _commands.CompleteAdding();
        _thread.Join();
        _commands.Dispose();
    }

    /// <summary>What is said to those who come too late.</summary>
    /// <returns>The error.</returns>
    public static EngineException Stopped() => new(EngineErrorCode.Stopped, "The engine is closing. Send the request to another replica.");

    private bool TryPost(Action command)
    {
        try
        {
            _commands.Add(command);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // CompleteAdding came first
        }
    }

    private void Run()
    {
        while (!_commands.IsCompleted)
        {
            try
            {
                TakeCommands();
                Advance();
            }
            catch (Exception error)
            {
                // Whose fault it is cannot be told: all are ended, and the loop lives on.
                _logger.LogError(error, "The loop failed over {Sequences} sequences.", _generations.Count);
                EndAll(() => Fault(error));
            }

            AuditWhenIdle();
            Publish();
        }

        EndAll(Stopped);
        AuditWhenIdle();
        Publish();
        _promptCache.Dispose();
    }

    /// <summary>Takes all commands there are; waits for one only when there is nothing to compute.</summary>
    private void TakeCommands()
    {
        for (var wait = _generations.Count == 0 ? Timeout.Infinite : 0; _commands.TryTake(out var command, wait); wait = 0)
        {
            command();
        }
    }

    private void Advance()
    {
        var plan = _scheduler.Next();
        _preemptions += plan.Preempted.Count;
        if (plan.Chunks.Count > 0)
        {
            Step(plan);
        }
    }

    private void Publish() =>
        _status = new EngineStatus(_scheduler.Running.Count, _scheduler.WaitingCount, _blocks.Free, _blocks.Total)
        {
            Preemptions = _preemptions,
            CachedBlocks = _blocks.Cached,
            PromptTokens = _blocks.PromptTokens,
            ReusedTokens = _blocks.ReusedTokens,
            Evictions = _blocks.Evictions,
            AccountFaults = _accountFaults,
        };

    /// <summary>Whoever has ended must have left nothing held.</summary>
    private void AuditWhenIdle()
    {
        if (_generations.Count > 0 || _audited)
        {
            return;
        }

        _audited = true;
        try
        {
            _scheduler.Audit();
            if (_blocks.Free != _blocks.Total || _promptCache.Leases > 0)
            {
                throw new InvalidOperationException($"{_blocks.Total - _blocks.Free} blocks and {_promptCache.Leases} prompts are held by nobody.");
            }
        }
        catch (InvalidOperationException error)
        {
            _accountFaults++;
            _logger.LogError(error, "The engine's accounts are wrong.");
        }
    }

    private void Start(Generation generation)
    {
        _audited = false;
        if (generation.EndsAtOnce)
        {
            Free(generation);
            return;
        }

        try
        {
            if (generation.Adapter is { Weights: { Prompts.Count: > 0 } weights })
            {
                generation.Prompts = _promptCache.Lease(generation.Sequence.Key, () => _prompts.Build(weights, generation.Picture));
            }

            _generations.Add(generation.Sequence, generation);
            _scheduler.Add(generation.Sequence);
        }
        catch (Exception error)
        {
            _logger.LogError(error, "A generation could not be started.");
            generation.Fail(Fault(error));
            Free(generation);
        }
    }

    private void Step(StepPlan plan)
    {
        try
        {
            var segments = plan.Chunks.Select(chunk => ToSegment(chunk, _generations[chunk.Sequence])).ToArray();
            var ending = plan.Chunks.Zip(segments).Where(pair => pair.First.ReachesEnd).ToArray();
            var wanted = ending.Select(pair => pair.Second).ToHashSet<Segment>(ReferenceEqualityComparer.Instance);
            var logits = _runner.Run(segments, wanted.Contains);
            _scheduler.Advance(plan);
            foreach (var ((chunk, _), row) in ending.Zip(logits))
            {
                Continue(_generations[chunk.Sequence], row);
            }
        }
        catch (Exception error)
        {
            // One bad step must not end the loop: those who were in it are told, the others go on.
            _logger.LogError(error, "A step over {Sequences} sequences failed.", plan.Chunks.Count);
            foreach (var chunk in plan.Chunks)
            {
                if (_generations.TryGetValue(chunk.Sequence, out var generation))
                {
                    generation.Fail(Fault(error));
                    End(generation);
                }
            }
        }
    }

    private void Continue(Generation generation, float[] logits)
    {
        try
        {
            if (generation.Continue(logits, _sampler))
            {
                End(generation);
            }
        }
        catch (Exception error)
        {
            // What follows the step is each sequence's own: the others in it go on.
            _logger.LogError(error, "A token could not be chosen.");
            generation.Fail(Fault(error));
            End(generation);
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

    private static EngineException Fault(Exception error) =>
        error as EngineException ?? new EngineException(EngineErrorCode.Fault, "The engine failed while computing this request. The log says why.", error);

    private void EndAll(Func<EngineException> error)
    {
        foreach (var generation in _generations.Values.ToArray())
        {
            generation.Fail(error());
            End(generation);
        }
    }

    private void End(Generation generation)
    {
        if (_generations.Remove(generation.Sequence))
        {
            _scheduler.Remove(generation.Sequence);
            Free(generation);
        }
    }

    private void Free(Generation generation)
    {
        if (generation.Prompts is not null)
        {
            _promptCache.Release(generation.Sequence.Key);
            generation.Prompts = null;
        }

        generation.Adapter?.Dispose();
        Interlocked.Decrement(ref _live);
    }
}
