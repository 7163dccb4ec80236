using Herd.Contracts.Conversations;

namespace Herd.Silo.Conversations;

/// <summary>Makes the updates of one reading of a turn, whether it runs or has ended long ago.</summary>
internal sealed class TurnReader(AnswerBuffer answer, string turnId, int fromIndex, ulong? hash)
{
    private readonly AnswerReader _answer = new(answer, turnId, fromIndex, fromIndex == 0 ? RunningHash.Empty : hash);
    private bool _knowsOfDrop;

    internal TurnAccepted Accepted(StoredTurn turn) => new(turn.ToTurn()) { Position = _answer.Position };

    /// <summary>What the reader does not know yet; null where it knows all.</summary>
    internal TurnUpdate? Take(StoredTurn turn)
    {
        // Nothing is dropped any more once a replica has taken the turn.
        if (!_knowsOfDrop && turn is { DroppedTurns: > 0, Started: not null })
        {
            _knowsOfDrop = true;
            return new HistoryDropped(turn.DroppedTurns, turn.HistoryFrom) { Position = _answer.Position };
        }

        return _answer.Take();
    }

    internal TurnFinished Finished(StoredTurn turn) => new(turn.ToTurn()) { Position = _answer.Position };

    /// <summary>All of a turn that has ended.</summary>
    internal static IEnumerable<TurnUpdate> ReadEnded(StoredTurn turn, int fromIndex, ulong? hash)
    {
        var reader = new TurnReader(AnswerBuffer.Of(turn), turn.TurnId, fromIndex, hash);
        yield return reader.Accepted(turn);
        while (reader.Take(turn) is { } update)
        {
            yield return update;
        }

        yield return reader.Finished(turn);
    }
}
