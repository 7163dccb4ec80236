namespace Herd.Engine.Bases;

/// <summary>The fields of <c>params.json</c>, with the defaults of the code that wrote it.</summary>
internal static class MetaConfig
{
    private const int TokenizersVocabulary = -1;

    // What Meta's code has where the file says only that frequencies are scaled.
    private const double ScaleFactor = 8;
    private const double HighFactor = 4;
    private static readonly RopeBand Band = new(OriginalContext: 8192, Low: 1, High: 4);

    // An unknown field may change the mathematics (experts, quantisation), so it is refused; the last two only size the original's buffers.
    private static readonly string[] Known =
    [
        "dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "multiple_of", "ffn_dim_multiplier", "norm_eps", "rope_theta", "use_scaled_rope",
        "rope_scaling_factor", "rope_high_freq_factor", "max_seq_len", "max_batch_size",
    ];

    internal static LlamaConfig Read(ConfigFile file, int tokenizerVocabulary)
    {
        if (file.Names.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
        {
            throw file.Refuse(unknown, $"only {string.Join(", ", Known)}", "a field that is not supported");
        }

        var width = file.Int("dim", 1, ConfigRange.MaxWidth);
        var heads = file.Int("n_heads", 1, ConfigRange.MaxHeads);
        var config = new LlamaConfig
        {
            Width = width,
            Layers = file.Int("n_layers", 1, ConfigRange.MaxLayers),
            Heads = heads,
            KvHeads = file.TryInt("n_kv_heads", 1, ConfigRange.MaxHeads) ?? heads,
            FeedForwardWidth = FeedForwardWidth(file, width),
            Vocabulary = Vocabulary(file, tokenizerVocabulary),
            NormEpsilon = (float)(file.TryNumber("norm_eps", ConfigRange.MinEpsilon, ConfigRange.MaxEpsilon) ?? 1e-5),
            RopeTheta = (float)(file.TryNumber("rope_theta", 1, ConfigRange.MaxTheta) ?? 10_000),
            RopeScaling = Scaling(file),
            ContextTokens = file.TryInt("max_seq_len", 1, ConfigRange.MaxContext),
        };
        return ConfigRange.Check(config, file, "n_heads", "n_kv_heads");
    }

    /// <summary>Two thirds of four times the width, stretched, then rounded up to a multiple.</summary>
    private static int FeedForwardWidth(ConfigFile file, int width)
    {
        var hidden = 2 * (4 * (long)width) / 3;
        if (file.TryNumber("ffn_dim_multiplier", 0.01, 16) is { } multiplier)
        {
            hidden = (long)(multiplier * hidden);
        }

        var multiple = file.TryInt("multiple_of", 1, ConfigRange.MaxFeedForward) ?? 256;
        var rounded = (hidden + multiple - 1) / multiple * multiple;
        return rounded is > 0 and <= ConfigRange.MaxFeedForward
            ? (int)rounded
            : throw file.Refuse("multiple_of", $"a feed-forward width from 1 to {ConfigRange.MaxFeedForward}", $"{rounded}");
    }

    private static RopeScaling? Scaling(ConfigFile file)
    {
        var factor = file.TryNumber("rope_scaling_factor", 1, ConfigRange.MaxRopeFactor) ?? ScaleFactor;
        var high = file.TryNumber("rope_high_freq_factor", 1.0001, ConfigRange.MaxRopeFactor) ?? HighFactor;
        return file.TryBool("use_scaled_rope") == true ? new RopeScaling((float)factor, Band with { High = (float)high }) : null;
    }

    private static int Vocabulary(ConfigFile file, int tokenizerVocabulary)
    {
        var rows = file.TryInt("vocab_size", TokenizersVocabulary, ConfigRange.MaxVocabulary) ?? TokenizersVocabulary;
        if (rows == TokenizersVocabulary)
        {
            return tokenizerVocabulary;
        }

        return rows >= tokenizerVocabulary
            ? rows
            : throw file.Refuse("vocab_size", $"-1 or at least the tokenizer's {tokenizerVocabulary}", $"{rows}");
    }
}
