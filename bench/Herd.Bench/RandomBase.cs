using System.Buffers.Binary;
using System.Text.Json;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tokenization;
using static TorchSharp.torch;

namespace Herd.Bench;

/// <summary>Writes a LLaMA of any size with random weights, in Hugging Face's form, holding one tensor at a time.</summary>
internal static class RandomBase
{
    private const int HeaderAlignment = 8;

    private static readonly string[] Architectures = ["LlamaForCausalLM"];

    private static readonly string[] Linears =
        ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"];

    /// <summary>Writes the base.</summary>
    /// <param name="folder">A folder that is not there yet, or is empty.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="tokenizer">The tokenizer's file, with at most as many pieces as the vocabulary has rows.</param>
    /// <param name="seed">Decides the weights.</param>
    /// <param name="cancellationToken">Stops between tensors.</param>
    /// <exception cref="EngineException">The folder holds something, or sizes and tokenizer make no base.</exception>
    public static void Write(string folder, LlamaConfig config, string tokenizer, int seed, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{folder}: expected no folder or an empty one. Name another, or remove what is there.");
        }

        var pieces = LlamaTokenizer.Load(tokenizer).VocabularySize;
        var json = Config(config);
        _ = LlamaConfig.FromHuggingFace(json, Path.Combine(folder, "config.json"));
        if (pieces > config.Vocabulary)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"--vocab is {config.Vocabulary}, expected at least the tokenizer's {pieces} pieces.");
        }

        Directory.CreateDirectory(folder);
        File.Copy(tokenizer, Path.Combine(folder, "tokenizer.model"));
        File.WriteAllText(Path.Combine(folder, "config.json"), json);
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        using var random = new Generator((ulong)seed);
        var shapes = Shapes(config).ToArray();
        WriteHeader(file, shapes);
        foreach (var (name, shape) in shapes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            TensorBytes.ForEachPiece(Values(name, shape, pieces, random).to(ScalarType.BFloat16), piece => file.Write(piece));
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Shapes(LlamaConfig config)
    {
        yield return ("model.embed_tokens.weight", [config.Vocabulary, config.Width]);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            yield return ($"{prefix}input_layernorm.weight", [config.Width]);
            yield return ($"{prefix}post_attention_layernorm.weight", [config.Width]);
            foreach (var linear in TunedLinearExtensions.All)
            {
                yield return ($"{prefix}{Linears[(int)linear]}.weight", [linear.OutWidth(config), linear.InWidth(config)]);
            }
        }

        yield return ("model.norm.weight", [config.Width]);
        yield return ("lm_head.weight", [config.Vocabulary, config.Width]);
    }

    /// <summary>Norms are 1; matrices keep the variance of their input. Output rows beyond the tokenizer's pieces are 0, so that the likeliest token always has a text.</summary>
    private static Tensor Values(string name, long[] shape, int pieces, Generator random)
    {
        if (shape.Length == 1)
        {
            return ones(shape);
        }

        var values = randn(shape, generator: random).div_(Math.Sqrt(shape[1]));
        if (name == "lm_head.weight")
        {
            values.narrow(0, pieces, shape[0] - pieces).zero_();
        }

        return values;
    }

    private static void WriteHeader(FileStream file, IEnumerable<(string Name, long[] Shape)> shapes)
    {
        var header = new Dictionary<string, object>();
        long offset = 0;
        foreach (var (name, shape) in shapes)
        {
            var end = offset + (shape.Aggregate(1L, (product, extent) => product * extent) * sizeof(short));
            header[name] = new { dtype = "BF16", shape, data_offsets = new[] { offset, end } };
            offset = end;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var padding = -json.Length & (HeaderAlignment - 1);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)(json.Length + padding));
        file.Write(length);
        file.Write(json);
        file.Write("       "u8[..padding]);
    }

    private static string Config(LlamaConfig config) => JsonSerializer.Serialize(new
    {
        architectures = Architectures,
        model_type = "llama",
        hidden_act = "silu",
        hidden_size = config.Width,
        intermediate_size = config.FeedForwardWidth,
        num_hidden_layers = config.Layers,
        num_attention_heads = config.Heads,
        num_key_value_heads = config.KvHeads,
        vocab_size = config.Vocabulary,
        rms_norm_eps = config.NormEpsilon,
        rope_theta = config.RopeTheta,
        tie_word_embeddings = false,
        torch_dtype = "bfloat16",
    });
}
