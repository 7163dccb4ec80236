using System.Collections.Concurrent;
using Herd.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Herd.Engine.Execution;

/// <summary>
/// The one thread that owns a device: takes commands, lets <see cref="StepLoop"/> compute a step, and says what it holds. No other thread touches a tensor of the
/// device.
/// </summary>
internal sealed class DeviceLoop : IDisposable
{
    private readonly BlockingCollection<Action> _commands = [];
    private readonly GenerationPlaces _places;
    private readonly LiveGenerations _generations;
    private readonly StepLoop _steps;
    private readonly Scheduler _scheduler;
    private readonly BlockLedger _blocks;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private volatile EngineStatus _status;

    /// <summary>Starts the thread.</summary>
    /// <param name="parts">What it works with; their owner disposes them after the loop.</param>
    /// <param name="places">The generations' places, which they give back when they end.</param>
    /// <param name="logger">Hears of faults.</param>
    public DeviceLoop(DeviceParts parts, GenerationPlaces places, ILogger logger)
    {
        (_scheduler, _blocks, _places, _logger) = (parts.Scheduler, parts.Blocks, places, logger);
        _generations = new LiveGenerations(parts, places, logger);
        _steps = new StepLoop(_scheduler, parts.Runner, _generations, logger);
        _status = new EngineStatus(0, 0, _blocks.Free, _blocks.Total);
        _thread = new Thread(Run) { Name = "Herd device loop", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What the loop holds, as of its last step; what has entered since then waits.</summary>
    public EngineStatus Status
    {
        get
        {
            var status = _status;
            return status with { WaitingSequences = Math.Max(0, _places.Taken - status.RunningSequences) };
        }
    }

    /// <summary>Hands a generation over.</summary>
    /// <param name="generation">The generation. It has a place, which the loop gives back when the generation ends.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Stopped"/>: the engine is closing; the place stays the caller's.</exception>
    public void Submit(Generation generation)
    {
        if (!TryPost(() => _generations.Add(generation)))
        {
            throw Stopped();
        }
    }

    /// <summary>Ends a generation whose reader has gone; one that has ended is no error.</summary>
    /// <param name="generation">The generation.</param>
    public void Abandon(Generation generation) => TryPost(() => _generations.End(generation));

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
        // Whatever was handed over before the end is taken, so that all are told.
        while (!_commands.IsCompleted)
        {
            try
            {
                TakeCommands();
                _steps.Advance();
            }
            catch (Exception error)
            {
                // Whose fault it is cannot be told: all are ended, and the loop lives on.
                _logger.LogError(error, "The loop failed over {Sequences} sequences.", _generations.Count);
                _generations.EndAll(() => Generation.Fault(error));
            }

            Publish();
        }

        _generations.EndAll(Stopped);
        Publish();
        _generations.Dispose();
    }

    /// <summary>Takes all commands there are; waits for one only when there is nothing to compute.</summary>
    private void TakeCommands()
    {
        for (var wait = _generations.Count == 0 ? Timeout.Infinite : 0; _commands.TryTake(out var command, wait); wait = 0)
        {
            command();
        }
    }

    private void Publish()
    {
        _generations.AuditWhenIdle();
        _status = new EngineStatus(_scheduler.Running.Count, _scheduler.WaitingCount, _blocks.Free, _blocks.Total)
        {
            Preemptions = _scheduler.Preemptions,
            CachedBlocks = _blocks.Cached,
            PromptTokens = _blocks.PromptTokens,
            ReusedTokens = _blocks.ReusedTokens,
            Evictions = _blocks.Evictions,
            AccountFaults = _generations.AccountFaults,
        };
    }
}
