using Herd.Contracts.Conversations;

namespace Herd.Silo.Conversations;

/// <summary>One who reads an answer from where it stands, and never gets parts of two answers for one.</summary>
internal sealed class AnswerReader(AnswerBuffer buffer, string turnId, int index, ulong? hash)
{
    private int _next = index;
    private ulong? _hash = hash;
    private int _edition = buffer.Edition;
    private bool _isChecked;
    private bool _hasTail;

    internal AnswerPosition Position => new(turnId, _next, _hash);

    /// <summary>What has come since the last call.</summary>
    /// <returns>New tokens, or that the answer is another; null where there is nothing new.</returns>
    internal TurnUpdate? Take()
    {
        if (_edition != buffer.Edition)
        {
            _edition = buffer.Edition;
            return _next > 0 ? Restart() : Take();
        }

        if (!_isChecked)
        {
            if (IsSameAnswer() is not { } same)
            {
                return null;
            }

            _isChecked = true;
            if (!same)
            {
                return Restart();
            }
        }

        return TakeNew();
    }

    /// <returns>Whether the answer begins with what the reader has; null while that cannot be told.</returns>
    private bool? IsSameAnswer()
    {
        if (buffer.Count < _next)
        {
            return buffer.HasEnded ? false : null;
        }

        var here = buffer.HashOf(_next);
        if (_hash is null || _hash == here)
        {
            _hash = here;
            return true;
        }

        if (_hash != RunningHash.Append(here, RunningHash.Tail) || buffer.Count > _next)
        {
            return false;
        }

        _hasTail = buffer.Tail.Length > 0;
        return _hasTail ? true : buffer.HasEnded ? false : null;
    }

    private AnswerRestarted Restart()
    {
        (_next, _hash, _hasTail, _isChecked) = (0, RunningHash.Empty, false, true);
        return new AnswerRestarted { Position = Position };
    }

    private TurnTokens? TakeNew()
    {
        var tail = _hasTail ? "" : buffer.Tail;
        if (_next == buffer.Count && tail.Length == 0)
        {
            return null;
        }

        var (first, ids, text) = (_next, buffer.IdsFrom(_next), buffer.TextFrom(_next));
        _next += ids.Length;
        _hash = RunningHash.Append(_hash!.Value, ids);
        if (tail.Length > 0)
        {
            (_hasTail, _hash) = (true, RunningHash.Append(_hash.Value, RunningHash.Tail));
        }

        return new TurnTokens(first, ids, text + tail) { Position = Position };
    }
}
