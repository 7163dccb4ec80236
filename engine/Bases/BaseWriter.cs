using System.Text.Json;
using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Bases;

/// <summary>Writes a base in Hugging Face's form: <c>config.json</c>, <c>model.safetensors</c>, <c>tokenizer.model</c>.</summary>
internal static class BaseWriter
{
    private const string Tokenizer = "tokenizer.model";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the three files; the weights last, so that a folder without them is not taken for a base.</summary>
    /// <param name="folder">The folder; made where it is not there. Files of these names are replaced.</param>
    /// <param name="config">The base's sizes.</param>
    /// <param name="tokenizerPath">The tokenizer's file, which is copied.</param>
    /// <param name="tensors">The tensors under Hugging Face's names.</param>
    /// <exception cref="CheckpointException">The place cannot be written, or the tokenizer not be read.</exception>
    public static void Write(string folder, LlamaConfig config, string tokenizerPath, IReadOnlyDictionary<string, Tensor> tensors)
    {
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "config.json"), Config(config, tensors.Values.First().dtype));
            File.Copy(tokenizerPath, Path.Combine(folder, Tokenizer), overwrite: true);
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(folder, null, "a place that can be written", error.Message.TrimEnd('.'), "Check the path, its rights and the free space.", error);
        }
    }

    private static string Config(LlamaConfig config, ScalarType type)
    {
        if (config.RopeScaling is not null)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "Expected a base without scaled rotary frequencies, found one that has them: they cannot be written yet.");
        }

        var fields = new SortedDictionary<string, object>(StringComparer.Ordinal)
        {
            ["architectures"] = new[] { "LlamaForCausalLM" },
            ["model_type"] = "llama",
            ["hidden_act"] = "silu",
            ["hidden_size"] = config.Width,
            ["num_hidden_layers"] = config.Layers,
            ["num_attention_heads"] = config.Heads,
            ["num_key_value_heads"] = config.KvHeads,
            ["intermediate_size"] = config.FeedForwardWidth,
            ["vocab_size"] = config.Vocabulary,
            ["rms_norm_eps"] = config.NormEpsilon,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.TiedEmbeddings,
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
            ["torch_dtype"] = type == ScalarType.Float32 ? "float32" : "bfloat16",
        };
        if (config.ContextTokens is { } context)
        {
            fields["max_position_embeddings"] = context;
        }

        return JsonSerializer.Serialize(fields, Indented) + "\n";
    }
}
