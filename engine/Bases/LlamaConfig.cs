namespace Herd.Engine.Bases;

/// <summary>The sizes and constants of a LLaMA base. Immutable; everything in it was checked when it was read.</summary>
public sealed record LlamaConfig
{
    /// <summary>Width of the residual stream, a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of the feed-forward product.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>Rows of embedding and output; at least the tokenizer's pieces.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Added to the mean square in every norm.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required float RopeTheta { get; init; }

    /// <summary>How those frequencies are lowered; null for a base that has none of it.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output matrix is the embedding.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Most positions the base was trained for, where its files say so.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>Width of one head, even.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Reads Meta's <c>params.json</c>.</summary>
    /// <param name="paramsJson">The text of the file.</param>
    /// <param name="path">Where it lies; names it in errors.</param>
    /// <param name="tokenizerVocabulary">Pieces of the tokenizer: what a vocabulary of -1 stands for.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: a field is absent, unknown, out of range.</exception>
    public static LlamaConfig FromMeta(string paramsJson, string path, int tokenizerVocabulary) =>
        MetaConfig.Read(new ConfigFile(paramsJson, path), tokenizerVocabulary);

    /// <summary>Reads Hugging Face's <c>config.json</c>.</summary>
    /// <param name="configJson">The text of the file.</param>
    /// <param name="path">Where it lies; names it in errors.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: a field is absent, out of range or not supported.</exception>
    public static LlamaConfig FromHuggingFace(string configJson, string path) => HuggingFaceConfig.Read(new ConfigFile(configJson, path));
}
