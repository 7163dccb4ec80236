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

    internal ImmutableArray<int> TextEnds => [.. _textEnds];

    internal string Text => _text.ToString();

    internal static AnswerBuffer Of(StoredTurn turn)
    {
        var buffer = new AnswerBuffer();
        buffer._ids.AddRange(turn.AnswerIds);
        buffer._textEnds.AddRange(turn.AnswerTextEnds);
        buffer._text.Append(turn.Answer);
        return buffer;
    }

    internal void Append(TokensGenerated tokens)
    {
        var start = _text.Length;
        _ids.AddRange(tokens.Ids);
        _textEnds.AddRange(tokens.TextEnds.Select(end => start + end));
        _text.Append(tokens.Text);
    }

    /// <summary>A reader that stands before a token.</summary>
    internal Reader From(int index) => new(this, index);

    internal sealed class Reader(AnswerBuffer buffer, int index)
    {
        private int _token = index;
        private int? _character;

        /// <summary>What has come since the last call.</summary>
        /// <returns>Ids and text; null where nothing has.</returns>
        internal TurnTokens? Take()
        {
            if (_token > buffer._ids.Count)
            {
                return null;
            }

            var character = _character ?? (_token == 0 ? 0 : buffer._textEnds[_token - 1]);
            if (_token == buffer._ids.Count && character == buffer._text.Length)
            {
                return null;
            }

            var tokens = new TurnTokens(
                _token, [.. buffer._ids.Skip(_token)], buffer._text.ToString(character, buffer._text.Length - character));
            (_token, _character) = (buffer._ids.Count, buffer._text.Length);
            return tokens;
        }
    }
}
