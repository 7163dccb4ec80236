namespace Herd.Engine.Tokenization;

/// <summary>The tokenizer of LLaMA 1 and 2: SentencePiece BPE.</summary>
/// <remarks>
/// <para>Identity normalisation: a space is put in front of a non-empty text, spaces become U+2581, characters without a piece become their UTF-8 bytes.</para>
/// <para>Own code in place of Microsoft.ML.Tokenizers 2.0.1, which merges the rightmost of equal pairs where SentencePiece merges the leftmost
/// (<c>sss</c> becomes <c>s,ss</c>), cannot encode without the leading space, and in decoding drops unknown ids and the space of a piece after bytes and
/// gives one U+FFFD for several broken bytes.</para>
/// </remarks>
internal sealed class SentencePieceTokenizer : LlamaTokenizer
{
    private const string UnknownText = " \u2047 ";

    private SentencePieceTokenizer(SentencePieceModel model)
    {
        Model = model;
    }

    /// <inheritdoc/>
    public override int VocabularySize => Model.Pieces.Length;

    /// <inheritdoc/>
    public override int BosId => Model.BosId;

    /// <inheritdoc/>
    public override int EosId => Model.EosId;

    /// <inheritdoc/>
    public override string Digest => Model.Digest;

    /// <inheritdoc/>
    internal override int? UnknownId => Array.IndexOf(Model.Types, PieceType.Unknown);

    internal SentencePieceModel Model { get; }

    /// <summary>Reads a <c>tokenizer.model</c>.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: damaged, not BPE, or with settings that LLaMA does not use.</exception>
    internal static SentencePieceTokenizer From(TokenizerBytes file) => new(SentencePieceModel.Read(file));

    /// <inheritdoc/>
    internal override Spelling SpellingOf(int id) => TypeOf(id) switch
    {
        PieceType.Byte => new Spelling(SpellingKind.Bytes, "", Model.ByteOf.AsMemory(id, 1)),
        PieceType.Control => Spelling.Control,
        PieceType.Unknown => new Spelling(SpellingKind.Text, UnknownText, default, Model.Pieces[id][0] == SentencePieceModel.Space),
        _ => new Spelling(SpellingKind.Text, Model.Surfaces[id], default, Model.Pieces[id][0] == SentencePieceModel.Space),
    };

    internal PieceType TypeOf(int id) => (uint)id < (uint)Model.Types.Length ? Model.Types[id] : throw OutOfRange(id);

    private protected override void Encode(string text, bool atBeginning, List<int> ids)
    {
        var dummyPrefix = atBeginning && text.Length > 0 ? SentencePieceModel.Space.ToString() : "";
        BpeMerger.Encode(Model, dummyPrefix + text.Replace(' ', SentencePieceModel.Space), ids);
    }
}
