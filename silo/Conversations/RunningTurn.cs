using System.Runtime.CompilerServices;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;

namespace Herd.Silo.Conversations;

/// <summary>A turn whose answer is being made, and its readers. Used on the grain's scheduler only.</summary>
/// <remarks>When the last reader has gone the turn runs on for a while and is then cancelled.</remarks>
internal sealed class RunningTurn : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly TimeSpan _detachedLimit;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StoredTurn? _final;
    private HerdException? _refusal;
    private int _readers;
    private bool _ended;

    /// <summary>Takes a turn up.</summary>
    /// <param name="turn">The turn as it is stored.</param>
    /// <param name="history">What its prompt starts from.</param>
    /// <param name="isResumed">Whether another activation accepted it: its time without readers begins once a replica has it again.</param>
    /// <param name="detachedLimit">How long it runs without readers.</param>
    /// <param name="time">The clock.</param>
    internal RunningTurn(StoredTurn turn, TurnHistory history, bool isResumed, TimeSpan detachedLimit, TimeProvider time)
    {
        (Turn, History, HasBegun, _detachedLimit) = (turn, history, isResumed, detachedLimit);
        Answer = AnswerBuffer.Of(turn);
        _stop = new CancellationTokenSource(isResumed ? Timeout.InfiniteTimeSpan : detachedLimit, time);
    }

    /// <summary>The turn as it was accepted, with what is known of it since; the answer is in <see cref="Answer"/>.</summary>
    internal StoredTurn Turn { get; private set; }

    internal TurnHistory History { get; private set; }

    internal AnswerBuffer Answer { get; }

    /// <summary>Whether somebody may have seen that the turn began, so that it ends with an answer or an error and not without trace.</summary>
    internal bool HasBegun { get; private set; }

    /// <summary>Whether the process, not the client, ended the turn here; the next activation goes on with it.</summary>
    internal bool IsInterrupted { get; private set; }

    internal CancellationToken Stopping => _stop.Token;

    /// <summary>What there is of the answer, for whoever goes on with it.</summary>
    internal BegunAnswer? Begun => Turn.Started is { } started ? new BegunAnswer(started, Answer.Ids) : null;

    /// <summary>The turn as it stands now.</summary>
    internal StoredTurn Snapshot() => Turn with { AnswerIds = Answer.Ids, AnswerTextEnds = Answer.TextEnds, Answer = Answer.Text };

    internal void Start(GenerationStarted started)
    {
        (Turn, HasBegun) = (Turn with { Started = started }, true);
        if (_readers == 0)
        {
            _stop.CancelAfter(_detachedLimit);
        }

        Signal();
    }

    internal void Append(TokensGenerated tokens)
    {
        Answer.Append(tokens);
        Signal();
    }

    /// <summary>Leaves older turns out of the prompt.</summary>
    internal void Drop(TurnHistory rest)
    {
        var dropped = History.Entries.Count - rest.Entries.Count;
        Turn = Turn with { HistoryFrom = rest.From(Turn.Position), DroppedTurns = Turn.DroppedTurns + dropped };
        History = rest;
    }

    /// <summary>Begins the answer anew, from the same seed.</summary>
    internal void Restart()
    {
        Answer.Restart();
        Signal();
    }

    /// <summary>Tells the readers how the turn ended.</summary>
    internal void End(TurnOutcome outcome)
    {
        (_final, _refusal, _ended) = (outcome.Stored, outcome.Refusal, true);
        Answer.End();
        Signal();
    }

    internal void Cancel()
    {
        if (!_ended)
        {
            _stop.Cancel();
        }
    }

    internal void Interrupt()
    {
        IsInterrupted = true;
        Cancel();
    }

    /// <summary>Waits until the answer has a number of ids.</summary>
    internal async Task HasGrownToAsync(int count, CancellationToken cancellationToken)
    {
        while (Answer.Count < count)
        {
            await _changed.Task.WaitAsync(cancellationToken);
        }
    }

    internal async IAsyncEnumerable<TurnUpdate> ReadAsync(int fromIndex, ulong? hash, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _readers++;
        if (!_ended)
        {
            _stop.CancelAfter(Timeout.InfiniteTimeSpan);
        }

        try
        {
            var reader = new TurnReader(Answer, Turn.TurnId, fromIndex, hash);
            yield return reader.Accepted(Turn);
            while (true)
            {
                var changed = _changed.Task;
                if (reader.Take(Turn) is { } update)
                {
                    yield return update;
                }
                else if (_refusal is not null)
                {
                    throw _refusal;
                }
                else if (_final is not null)
                {
                    yield return reader.Finished(_final);
                    yield break;
                }
                else
                {
                    await changed.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            if (--_readers == 0 && !_ended)
            {
                _stop.CancelAfter(_detachedLimit);
            }
        }
    }

    public void Dispose() => _stop.Dispose();

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
