using Herd.Faults.Histories;
using Herd.Protos.V1;

namespace Herd.Faults.Load;

/// <summary>One reading of a turn, over as many calls as it takes.</summary>
/// <param name="turn">What the client knows of the turn; several readings may share it.</param>
/// <param name="clock">The run's clock.</param>
/// <param name="usage">Told of tokens that nobody had seen before.</param>
internal sealed class TurnReading(TurnRecord turn, RunClock clock, UsageLedger usage)
{
    // Below the time after which the cluster ends a turn that nobody reads.
    private static readonly TimeSpan LeftAfter = TimeSpan.FromSeconds(45);

    private AnswerCheck _check = new(turn.Expected);
    private TimeSpan _heard = clock.Now;

    public TurnRecord Turn => turn;

    /// <summary>Index of the token that comes next.</summary>
    public int Next => _check.Next;

    /// <summary>Of the answer so far, as the last update told it.</summary>
    public ulong? Hash { get; private set; }

    /// <summary>How the turn ended; null while it runs.</summary>
    public Turn? Finished { get; private set; }

    /// <summary>The answer will come from its beginning.</summary>
    public void BeginAgain() => (_check, Hash) = (new AnswerCheck(turn.Expected), null);

    /// <summary>An update came.</summary>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public string? Take(TurnUpdate update)
    {
        lock (turn)
        {
            turn.MayHaveBeenLeft |= clock.Now - _heard > LeftAfter;
        }

        _heard = clock.Now;
        var wrong = update.UpdateCase switch
        {
            TurnUpdate.UpdateOneofCase.Accepted => Accept(update.Accepted),
            TurnUpdate.UpdateOneofCase.Tokens => Take(update.Tokens),
            TurnUpdate.UpdateOneofCase.Finished => Finish(update.Finished),
            _ => $"{update.UpdateCase} came, though all replicas compute alike and the context is not full",
        };
        Hash = update.HasRunningHash ? update.RunningHash : Hash;
        return wrong ?? (update.NextIndex != _check.Next ? $"next_index is {update.NextIndex} and not {_check.Next}" : null);
    }

    private string? Accept(Turn accepted)
    {
        turn.IsAcknowledged = true;
        return accepted.TurnId == turn.TurnId && accepted.Text == turn.Text ? null : $"turn '{accepted.TurnId}' with '{accepted.Text}' was accepted";
    }

    private string? Take(TokensGenerated tokens)
    {
        lock (turn)
        {
            usage.Receive(Math.Max(0, tokens.FirstIndex + tokens.Ids.Count - turn.Seen));
            turn.Seen = Math.Max(turn.Seen, tokens.FirstIndex + tokens.Ids.Count);
        }

        return _check.Take(tokens.FirstIndex, tokens.Ids, tokens.Text);
    }

    private string? Finish(Turn finished)
    {
        Finished = finished;
        if (finished.State != TurnState.Completed)
        {
            return null;
        }

        turn.IsFinished = true;
        return _check.End(finished.Usage.CompletionTokens) ?? (finished.Answer == turn.Expected.Text ? null : $"the whole answer is '{finished.Answer}'");
    }
}
