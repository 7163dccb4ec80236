using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>Decodes the ids of one sequence as they come. All texts joined are <see cref="LlamaTokenizer.Decode"/> of all ids.</summary>
/// <remarks>Work per id does not grow with the sequence: at most three bytes of an unfinished character are kept. For one thread at a time.</remarks>
public sealed class StreamingDecoder
{
    private readonly LlamaTokenizer _tokenizer;
    private byte[] _held = new byte[4];
    private int _heldCount;
    private bool _started;

    /// <summary>Begins a sequence.</summary>
    /// <param name="tokenizer">The tokenizer that the ids belong to.</param>
    public StreamingDecoder(LlamaTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
    }

    /// <summary>Whether bytes of an unfinished character are held back.</summary>
    internal bool HoldsBytes => _heldCount > 0;

    /// <summary>Takes the next id.</summary>
    /// <param name="id">An id below <see cref="LlamaTokenizer.VocabularySize"/>.</param>
    /// <returns>The text that is now certain: whole characters only, often empty while the bytes of one are incomplete.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: an id outside the vocabulary; nothing changes.</exception>
    public string Append(int id)
    {
        var spelling = _tokenizer.SpellingOf(id);
        if (spelling.Kind == SpellingKind.Bytes)
        {
            _started = true;
            Hold(spelling.Bytes.Span);
            return Release(last: false);
        }

        // Bytes join only with bytes: any other token, control tokens included, ends a character.
        var before = Release(last: true);
        if (spelling.Kind == SpellingKind.Control)
        {
            return before;
        }

        var text = !_started && spelling.DropsSpaceInFront ? spelling.Text[1..] : spelling.Text;
        _started = true;
        return before.Length == 0 ? text : before + text;
    }

    /// <summary>Ends the sequence.</summary>
    /// <returns>What was held back: one U+FFFD for each byte of a character that never became whole. Empty when called again.</returns>
    public string Finish() => Release(last: true);

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_heldCount + bytes.Length > _held.Length)
        {
            Array.Resize(ref _held, _heldCount + bytes.Length);
        }

        bytes.CopyTo(_held.AsSpan(_heldCount));
        _heldCount += bytes.Length;
    }

    private string Release(bool last)
    {
        if (_heldCount == 0)
        {
            return "";
        }

        var text = new StringBuilder();
        ReadOnlySpan<byte> rest = _held.AsSpan(0, _heldCount);
        while (!rest.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(rest, out var rune, out var consumed);
            if (status == System.Buffers.OperationStatus.NeedMoreData && !last)
            {
                break;
            }

            // Every undecodable byte counts alone, unlike in .NET's decoder, which replaces a truncated sequence once.
            text.Append(rune.ToString());
            rest = rest[(status == System.Buffers.OperationStatus.Done ? consumed : 1)..];
        }

        rest.CopyTo(_held);
        _heldCount = rest.Length;
        return text.ToString();
    }
}
