using System.Collections.Immutable;
using System.Text;
using Herd.Contracts.Conversations;
using Herd.Contracts.Models;

namespace Herd.Silo.Conversations;

/// <summary>An answer that grows, readable from any token on.</summary>
internal sealed class AnswerBuffer
{
    private readonly List<int> _ids = [];
    private readonly List<int> _textEnds = [];
    private readonly StringBuilder _text = new();

    internal ImmutableArray<int> Ids => [.. _ids];

    /// <summary>For each id, how many characters of the text there are once it is in.</summary>
    internal ImmutableArray<int> TextEnds => [.. _textEnds];

    internal string Text => _text + Tail;

    /// <summary>What the answer's end let go of behind the last token's text.</summary>
    internal string Tail { get; private set; } = "";

    internal int Count => _ids.Count;

    /// <summary>Whether nothing will be added any more.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Counts how often the answer began anew.</summary>
    internal int Edition { get; private set; }

    /// <summary>The answer of a turn, as far as it was stored.</summary>
    internal static AnswerBuffer Of(StoredTurn turn)
    {
        var buffer = new AnswerBuffer();
        buffer.Append(new TokensGenerated(0, turn.AnswerIds, turn.Answer) { TextEnds = turn.AnswerTextEnds });
        buffer.HasEnded = turn.State != TurnState.Running;
        return buffer;
    }

    internal void Append(TokensGenerated tokens)
    {
        var start = _text.Length;
        var end = tokens.TextEnds.IsEmpty ? 0 : tokens.TextEnds[^1];
        _ids.AddRange(tokens.Ids);
        _textEnds.AddRange(tokens.TextEnds.Select(textEnd => start + textEnd));
        _text.Append(tokens.Text, 0, end);
        Tail += tokens.Text[end..];
    }

    internal void End() => HasEnded = true;

    /// <summary>Forgets what the end let go of: whoever goes on with the answer sends it again.</summary>
    internal void DropTail() => Tail = "";

    /// <summary>Forgets all.</summary>
    internal void Restart()
    {
        _ids.Clear();
        _textEnds.Clear();
        _text.Clear();
        DropTail();
        Edition++;
    }

    internal ulong HashOf(int ids) => RunningHash.Append(RunningHash.Empty, _ids.Take(ids));

    internal ImmutableArray<int> IdsFrom(int index) => [.. _ids.Skip(index)];

    /// <summary>The text of the ids from an index on, without the tail.</summary>
    internal string TextFrom(int index)
    {
        var start = index == 0 ? 0 : _textEnds[index - 1];
        return _text.ToString(start, _text.Length - start);
    }
}
