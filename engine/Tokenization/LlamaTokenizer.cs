using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>Turns text into LLaMA token ids and back. Immutable, so any number of threads may share one.</summary>
/// <remarks>
/// LLaMA 1 and 2 have SentencePiece models, Llama 3 byte-level pairs (docs/engine.md, "Tokenizers"). Control tokens written out in a text
/// (<c>&lt;s&gt;</c>, <c>&lt;|eot_id|&gt;</c>) are ordinary text and never become control ids. A lone surrogate becomes U+FFFD.
/// </remarks>
public abstract class LlamaTokenizer
{
    /// <summary>Number of ids; valid ids are 0 up to this.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The id that begins a sequence.</summary>
    public abstract int BosId { get; }

    /// <summary>The id that ends a text.</summary>
    public abstract int EosId { get; }

    /// <summary>The ids that end an answer: <see cref="EosId"/>, and those that end a turn or a message.</summary>
    public virtual IReadOnlySet<int> EndIds => new HashSet<int> { EosId };

    /// <summary>SHA-256 of the file, 64 lower-case hexadecimal digits.</summary>
    public abstract string Digest { get; }

    /// <summary>Reads a tokenizer's file, telling its form by its content.</summary>
    /// <param name="path">A <c>tokenizer.model</c> of either kind, or a <c>tokenizer.json</c>; at most 64 MiB and one million tokens.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: missing, damaged, or with settings that LLaMA does not use.</exception>
    public static LlamaTokenizer Load(string path)
    {
        var file = TokenizerBytes.Read(path);
        return file.Form switch
        {
            TokenizerForm.HuggingFace => ByteLevelTokenizer.FromJson(file),
            TokenizerForm.Tiktoken => ByteLevelTokenizer.FromRanks(file),
            _ => SentencePieceTokenizer.From(file),
        };
    }

    /// <summary>Encodes a text that stands at the beginning.</summary>
    /// <param name="text">Any text; empty gives no ids of its own.</param>
    /// <param name="bos">Whether to put <see cref="BosId"/> in front, as prompts need.</param>
    /// <param name="eos">Whether to put <see cref="EosId"/> behind, as training targets need.</param>
    /// <returns>The ids.</returns>
    public int[] Encode(string text, bool bos, bool eos = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 2) + 2);
        if (bos)
        {
            ids.Add(BosId);
        }

        Encode(WellFormed(text), atBeginning: true, ids);
        if (eos)
        {
            ids.Add(EosId);
        }

        return [.. ids];
    }

    /// <summary>Encodes a text that continues what stands before it: no <see cref="BosId"/> and nothing in front.</summary>
    /// <param name="text">Any text; empty gives no ids.</param>
    /// <returns>The ids.</returns>
    public int[] EncodeContinuation(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 2);
        Encode(WellFormed(text), atBeginning: false, ids);
        return [.. ids];
    }

    /// <summary>The text of some ids.</summary>
    /// <remarks>Control ids vanish, and each undecodable byte is one U+FFFD. Of a SentencePiece model, one leading space of the first other piece is dropped.</remarks>
    /// <param name="ids">Ids below <see cref="VocabularySize"/>.</param>
    /// <returns>The text.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: an id outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        var decoder = new StreamingDecoder(this);
        foreach (var id in ids)
        {
            text.Append(decoder.Append(id));
        }

        return text.Append(decoder.Finish()).ToString();
    }

    /// <summary>Whether an id steers the model and has no text, such as <see cref="BosId"/>.</summary>
    /// <param name="id">An id below <see cref="VocabularySize"/>.</param>
    /// <returns>Whether it is a control id.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: an id outside the vocabulary.</exception>
    public bool IsControl(int id) => SpellingOf(id).Kind == SpellingKind.Control;

    /// <summary>What an id adds to a text, in UTF-8, wherever it stands; part of a character where a token is that.</summary>
    /// <param name="id">An id below <see cref="VocabularySize"/>.</param>
    /// <returns>The bytes; none for a control id.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: an id outside the vocabulary.</exception>
    public ReadOnlyMemory<byte> BytesOf(int id) => SpellingOf(id) is { Kind: SpellingKind.Text, Text: var text } ? Encoding.UTF8.GetBytes(text) : SpellingOf(id).Bytes;

    /// <summary>The id that stands for text without a piece; null where any text has ids of its own.</summary>
    internal virtual int? UnknownId => null;

    /// <summary>What an id stands for.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: an id outside the vocabulary.</exception>
    internal abstract Spelling SpellingOf(int id);

    private protected abstract void Encode(string text, bool atBeginning, List<int> ids);

    private protected EngineException OutOfRange(int id) =>
        new(EngineErrorCode.InvalidRequest, $"Token id {id}: expected 0 to {VocabularySize - 1}, the tokenizer's vocabulary.");

    private static string WellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[++i])))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }
}
