using System.Text.Json;

namespace Herd.Engine.Bases;

/// <summary>The fields of <c>config.json</c> that change what a LLaMA computes, with the defaults of the library that wrote it.</summary>
/// <remarks>Fields that change nothing here (how to sample, how to train) are many and are passed over.</remarks>
internal static class HuggingFaceConfig
{
    internal static LlamaConfig Read(ConfigFile file)
    {
        ExpectLlama(file);
        var width = file.Int("hidden_size", 1, ConfigRange.MaxWidth);
        var heads = file.Int("num_attention_heads", 1, ConfigRange.MaxHeads);
        var config = new LlamaConfig
        {
            Width = width,
            Layers = file.Int("num_hidden_layers", 1, ConfigRange.MaxLayers),
            Heads = heads,
            KvHeads = file.TryInt("num_key_value_heads", 1, ConfigRange.MaxHeads) ?? heads,
            FeedForwardWidth = file.Int("intermediate_size", 1, ConfigRange.MaxFeedForward),
            Vocabulary = file.Int("vocab_size", 1, ConfigRange.MaxVocabulary),
            NormEpsilon = (float)(file.TryNumber("rms_norm_eps", ConfigRange.MinEpsilon, ConfigRange.MaxEpsilon) ?? 1e-6),
            RopeTheta = (float)(RopeTheta(file) ?? 10_000),
            RopeScaling = Scaling(file),
            TiedEmbeddings = file.TryBool("tie_word_embeddings") ?? false,
            ContextTokens = file.TryInt("max_position_embeddings", 1, ConfigRange.MaxContext),
        };
        ConfigRange.Check(config, file, "num_attention_heads", "num_key_value_heads");
        return file.TryInt("head_dim", 1, ConfigRange.MaxWidth) is { } headWidth && headWidth != config.HeadWidth
            ? throw file.Refuse("head_dim", $"{config.HeadWidth}, the width {width} over {heads} heads", $"{headWidth}")
            : config;
    }

    private static void ExpectLlama(ConfigFile file)
    {
        if (file.Find("architectures") is { } architectures && !IsLlama(architectures))
        {
            throw file.Refuse("architectures", "[\"LlamaForCausalLM\"]", ConfigFile.Quote(architectures));
        }

        file.ExpectText("model_type", "llama");
        file.ExpectText("hidden_act", "silu");
        foreach (var field in (ReadOnlySpan<string>)["attention_bias", "mlp_bias"])
        {
            if (file.TryBool(field) == true)
            {
                throw file.Refuse(field, "false", "true, which is not supported");
            }
        }

        if (file.Find("quantization_config") is { } quantization)
        {
            throw file.Refuse("quantization_config", "no quantisation", ConfigFile.Quote(quantization));
        }
    }

    private static bool IsLlama(JsonElement architectures) =>
        architectures.ValueKind == JsonValueKind.Array
        && architectures.GetArrayLength() == 1
        && ConfigFile.Text(architectures[0]) == "LlamaForCausalLM";

    /// <summary>Older files hold the base of the frequencies beside <c>rope_scaling</c>, newer ones inside <c>rope_parameters</c>.</summary>
    private static double? RopeTheta(ConfigFile file) =>
        file.TryNumber("rope_theta", 1, ConfigRange.MaxTheta) ?? Rope(file).Select(rope => rope.TryNumber("rope_theta", 1, ConfigRange.MaxTheta)).FirstOrDefault(theta => theta is not null);

    private static RopeScaling? Scaling(ConfigFile file) => Rope(file).Select(ScalingIn).FirstOrDefault(scaling => scaling is not null);

    private static IEnumerable<ConfigFile> Rope(ConfigFile file) =>
        ((string[])["rope_scaling", "rope_parameters"]).Select(file.TryObject).OfType<ConfigFile>();

    private static RopeScaling? ScalingIn(ConfigFile rope)
    {
        float Number(string field, double least) =>
            (float)(rope.TryNumber(field, least, ConfigRange.MaxContext) ?? throw rope.Refuse(field, "a number", "no such field"));
        var field = rope.Find("rope_type") is null ? "type" : "rope_type";
        rope.ExpectText(field, "default", "linear", "llama3");
        switch (rope.Find(field)?.GetString() ?? "default")
        {
            case "linear":
                return new RopeScaling(Number("factor", 1), null);
            case "llama3":
                var band = new RopeBand(Number("original_max_position_embeddings", 1), Number("low_freq_factor", 0.0001), Number("high_freq_factor", 0.0001));
                return band.High > band.Low
                    ? new RopeScaling(Number("factor", 1), band)
                    : throw rope.Refuse("high_freq_factor", $"more than the low_freq_factor of {band.Low}", $"{band.High}");
            default:
                return null;
        }
    }
}
