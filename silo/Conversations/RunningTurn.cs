using System.Runtime.CompilerServices;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

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

    internal RunningTurn(StoredTurn accepted, TimeSpan detachedLimit, TimeProvider time)
    {
        Accepted = accepted;
        _detachedLimit = detachedLimit;
        _stop = new CancellationTokenSource(detachedLimit, time);
    }

    internal StoredTurn Accepted { get; }

    internal AnswerBuffer Answer { get; } = new();

    /// <summary>Whether the process, not the client, ended the turn.</summary>
    internal bool Interrupted { get; private set; }

    internal CancellationToken Stopping => _stop.Token;

    internal void Append(TokensGenerated tokens)
    {
        Answer.Append(tokens);
        Signal();
    }

    /// <summary>Tells the readers how the turn ended.</summary>
    internal void End(TurnOutcome outcome)
    {
        (_final, _refusal, _ended) = (outcome.Stored, outcome.Refusal, true);
        Signal();
    }

    internal void Cancel() => _stop.Cancel();

    internal void Interrupt()
    {
        Interrupted = true;
        Cancel();
    }

    internal async IAsyncEnumerable<TurnUpdate> ReadAsync(int fromIndex, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _readers++;
        _stop.CancelAfter(Timeout.InfiniteTimeSpan);
        try
        {
            yield return new TurnAccepted(Accepted.ToTurn());
            var reader = Answer.From(fromIndex);
            while (true)
            {
                var changed = _changed.Task;
                if (reader.Take() is { } tokens)
                {
                    yield return tokens;
                }
                else if (_refusal is not null)
                {
                    throw _refusal;
                }
                else if (_final is not null)
                {
                    yield return new TurnFinished(_final.ToTurn());
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
