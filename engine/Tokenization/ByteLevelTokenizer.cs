using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>The tokenizer of Llama 3: words cut by a pattern, then byte pairs merged within each.</summary>
/// <remarks>A word that is a token is taken as it is. Nothing is put in front of a text. Docs/engine.md, "Tokenizers".</remarks>
internal sealed class ByteLevelTokenizer : LlamaTokenizer
{
    private const string BeginOfText = "<|begin_of_text|>";
    private const string EndOfText = "<|end_of_text|>";

    private static readonly string[] Endings = [EndOfText, "<|eot_id|>", "<|eom_id|>"];

    private readonly ByteLevelVocabulary _vocabulary;
    private readonly int _controls;

    private ByteLevelTokenizer(ByteLevelVocabulary vocabulary, IReadOnlyDictionary<string, int> controls, string digest)
    {
        (_vocabulary, _controls, Digest) = (vocabulary, controls.Count, digest);
        BosId = Control(controls, BeginOfText);
        EosId = Control(controls, EndOfText);
        EndIds = Endings.Where(controls.ContainsKey).Select(name => controls[name]).ToHashSet();
    }

    /// <inheritdoc/>
    public override int VocabularySize => _vocabulary.Tokens.Count + _controls;

    /// <inheritdoc/>
    public override int BosId { get; }

    /// <inheritdoc/>
    public override int EosId { get; }

    /// <inheritdoc/>
    public override IReadOnlySet<int> EndIds { get; }

    /// <inheritdoc/>
    public override string Digest { get; }

    /// <summary>Reads Meta's file: lines of token and rank. The control tokens stand in no file; they follow the ranks.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: the file is not sound.</exception>
    internal static ByteLevelTokenizer FromRanks(TokenizerBytes file) => Read(file, () =>
    {
        var tokens = TiktokenFile.Parse(file.Bytes);
        return new ByteLevelTokenizer(new ByteLevelVocabulary(tokens), Llama3Controls.Behind(tokens.Count), file.Digest);
    });

    /// <summary>Reads Hugging Face's <c>tokenizer.json</c>.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: the file is not sound, or not that of a Llama 3.</exception>
    internal static ByteLevelTokenizer FromJson(TokenizerBytes file) => Read(file, () =>
    {
        var json = HuggingFaceTokenizerFile.Parse(file.Bytes);
        return new ByteLevelTokenizer(new ByteLevelVocabulary(json.Tokens, json.Merges), json.Controls, file.Digest);
    });

    /// <inheritdoc/>
    internal override Spelling SpellingOf(int id)
    {
        if ((uint)id >= (uint)VocabularySize)
        {
            throw OutOfRange(id);
        }

        return id < _vocabulary.Tokens.Count ? new Spelling(SpellingKind.Bytes, "", _vocabulary.Tokens[id]) : Spelling.Control;
    }

    private protected override void Encode(string text, bool atBeginning, List<int> ids)
    {
        foreach (var word in Llama3Words.Cut(text))
        {
            var bytes = ByteLevelVocabulary.Text(Encoding.UTF8.GetBytes(text[word]));
            if (_vocabulary.TryFind(bytes, out var whole))
            {
                ids.Add(whole);
            }
            else
            {
                BpeMerger.Encode(_vocabulary, bytes, ids);
            }
        }
    }

    private static ByteLevelTokenizer Read(TokenizerBytes file, Func<ByteLevelTokenizer> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw file.Refuse(error.Message, error);
        }
    }

    private static int Control(IReadOnlyDictionary<string, int> controls, string name) =>
        controls.TryGetValue(name, out var id) ? id : throw new FormatException($"expected a control token '{name}', found none");
}
