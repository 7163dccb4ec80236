using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>Turns text into LLaMA token ids and back. Immutable, so any number of threads may share one.</summary>
/// <remarks>
/// <para>SentencePiece BPE with identity normalisation: a space is put in front of a non-empty text, spaces become U+2581, characters without a piece become
/// their UTF-8 bytes. Control pieces written out in a text (<c>&lt;s&gt;</c>) are ordinary text and never become control ids. A lone surrogate becomes U+FFFD.</para>
/// <para>Own code in place of Microsoft.ML.Tokenizers 2.0.1, which merges the rightmost of equal pairs where SentencePiece merges the leftmost
/// (<c>sss</c> becomes <c>s,ss</c>), cannot encode without the leading space, and in decoding drops unknown ids and the space of a piece after bytes and
/// gives one U+FFFD for several broken bytes.</para>
/// </remarks>
public sealed class LlamaTokenizer
{
    private LlamaTokenizer(SentencePieceModel model)
    {
        Model = model;
    }

    /// <summary>Number of ids; valid ids are 0 up to this.</summary>
    public int VocabularySize => Model.Pieces.Length;

    /// <summary>The id that begins a sequence.</summary>
    public int BosId => Model.BosId;

    /// <summary>The id that ends a sequence.</summary>
    public int EosId => Model.EosId;

    /// <summary>SHA-256 of the file, 64 lower-case hexadecimal digits.</summary>
    public string Digest => Model.Digest;

    internal SentencePieceModel Model { get; }

    /// <summary>Reads a <c>tokenizer.model</c>.</summary>
    /// <param name="path">The file, at most 64 MiB and one million pieces.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: missing, damaged, not BPE, or with settings that LLaMA does not use.</exception>
    public static LlamaTokenizer Load(string path) => new(SentencePieceModel.Load(path));

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

        BpeMerger.Encode(Model, Normalise(text, dummyPrefix: text.Length > 0), ids);
        if (eos)
        {
            ids.Add(EosId);
        }

        return [.. ids];
    }

    /// <summary>Encodes a text that continues what stands before it: no <see cref="BosId"/> and no space in front.</summary>
    /// <param name="text">Any text; empty gives no ids.</param>
    /// <returns>The ids.</returns>
    public int[] EncodeContinuation(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 2);
        BpeMerger.Encode(Model, Normalise(text, dummyPrefix: false), ids);
        return [.. ids];
    }

    /// <summary>The text of some ids.</summary>
    /// <remarks>Control ids vanish, one leading space of the first other piece is dropped, and each undecodable byte is one U+FFFD.</remarks>
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
    public bool IsControl(int id) => TypeOf(id) == PieceType.Control;

    internal PieceType TypeOf(int id) => (uint)id < (uint)Model.Types.Length
        ? Model.Types[id]
        : throw new EngineException(EngineErrorCode.InvalidRequest, $"Token id {id}: expected 0 to {VocabularySize - 1}, the tokenizer's vocabulary.");

    private static char[] Normalise(string text, bool dummyPrefix)
    {
        var offset = dummyPrefix ? 1 : 0;
        var normal = new char[text.Length + offset];
        if (dummyPrefix)
        {
            normal[0] = SentencePieceModel.Space;
        }

        for (var i = 0; i < text.Length; i++)
        {
            normal[i + offset] = text[i] switch
            {
                ' ' => SentencePieceModel.Space,
                var c when char.IsSurrogate(c) && !IsPaired(text, i) => (char)Rune.ReplacementChar.Value,
                var c => c,
            };
        }

        return normal;
    }

    private static bool IsPaired(string text, int i) => char.IsHighSurrogate(text[i])
        ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])
        : i > 0 && char.IsHighSurrogate(text[i - 1]);
}
