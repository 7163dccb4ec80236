using System.Text;
using Herd.Contracts.Models;

namespace Herd.Gateway.OpenAi;

/// <summary>Tokens whose text is out.</summary>
/// <param name="Tokens">The tokens, at least one.</param>
/// <param name="Offset">Where the first begins, in characters from the beginning of the answer.</param>
internal sealed record TokenRun(IReadOnlyList<ChosenToken> Tokens, int Offset);

/// <summary>Holds the log-probabilities of one answer back until the text of their tokens is out: what a stop text cuts off is never told.</summary>
internal sealed class ReleasedTokens
{
    private readonly Queue<ChosenToken> _held = new();
    private int _takenBytes; // of all tokens that were released
    private int _textBytes;
    private int _released;
    private int _offset;
    private bool _spaceIsHidden;

    /// <summary>Takes an update and gives the tokens whose text is wholly out.</summary>
    /// <param name="update">The update.</param>
    /// <returns>The tokens; null where the update has none to tell of, or none were asked for.</returns>
    public TokenRun? Take(TokensGenerated update)
    {
        foreach (var token in update.LogProbabilities)
        {
            _held.Enqueue(token);
        }

        if (_textBytes == 0 && update.Text.Length > 0 && _held.TryPeek(out var first))
        {
            // The space in front of an answer's first word is in its token, not in the text.
            _spaceIsHidden = first.Token.Bytes is [(byte)' ', ..] && update.Text[0] != ' ';
        }

        _textBytes += Encoding.UTF8.GetByteCount(update.Text);
        var outside = _textBytes + (_spaceIsHidden ? 1 : 0);
        return update.Text.Length == 0 ? null : Release(token => _takenBytes + token.Token.Bytes.Length <= outside);
    }

    /// <summary>Gives the tokens that are left of the answer.</summary>
    /// <param name="finished">The end.</param>
    /// <returns>The tokens; null where there are none.</returns>
    public TokenRun? Take(GenerationFinished finished) => Release(_ => _released < finished.AnswerTokens);

    private TokenRun? Release(Func<ChosenToken, bool> isOut)
    {
        var tokens = new List<ChosenToken>();
        var offset = _offset;
        while (_held.TryPeek(out var token) && isOut(token))
        {
            tokens.Add(_held.Dequeue());
            _takenBytes += token.Token.Bytes.Length;
            _offset += TokenBody.TextOf(token.Token).Length - (_released++ == 0 && _spaceIsHidden ? 1 : 0);
        }

        return tokens.Count == 0 ? null : new TokenRun(tokens, offset);
    }
}
