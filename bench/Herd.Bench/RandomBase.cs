using System.Buffers.Binary;
using System.Text.Json;
using Herd.Engine;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tokenization;
using static TorchSharp.torch;

namespace Herd.Bench;

/// <summary>Writes a LLaMA of any size with random weights as one safetensors file, in either form, holding one tensor at a time.</summary>
internal static class RandomBase
{
    private const int HeaderAlignment = 8;

    private static readonly string[] Architectures = ["LlamaForCausalLM"];

    /// <summary>Writes the base.</summary>
    /// <param name="folder">A folder that is not there yet, or is empty.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="form">Hugging Face's form, or Meta's names and order of rows.</param>
    /// <param name="dtype">Type of the values: BFloat16 or Float16.</param>
    /// <param name="tokenizer">The tokenizer's file, with at most as many pieces as the vocabulary has rows.</param>
    /// <param name="seed">Decides the weights.</param>
    /// <param name="cancellationToken">Stops between tensors.</param>
    /// <exception cref="EngineException">The folder holds something, or sizes and tokenizer make no base.</exception>
    public static void Write(string folder, LlamaConfig config, BaseForm form, ScalarType dtype, string tokenizer, int seed, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{folder}: expected no folder or an empty one. Name another, or remove what is there.");
        }

        var pieces = LlamaTokenizer.Load(tokenizer).VocabularySize;
        var (configName, weightsName) = form == BaseForm.Meta ? ("params.json", "consolidated.safetensors") : ("config.json", "model.safetensors");
        var json = form == BaseForm.Meta ? Params(config) : Config(config);
        ExpectReadable(json, Path.Combine(folder, configName), form, pieces, config);
        if (pieces > config.Vocabulary)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"--vocab is {config.Vocabulary}, expected at least the tokenizer's {pieces} pieces.");
        }

        Directory.CreateDirectory(folder);
        File.Copy(tokenizer, Path.Combine(folder, "tokenizer.model"));
        File.WriteAllText(Path.Combine(folder, configName), json);
        using var file = File.Create(Path.Combine(folder, weightsName));
        using var random = new Generator((ulong)seed);
        var tensors = new BaseTensors(config, form);
        WriteHeader(file, tensors.All, dtype);
        foreach (var expected in tensors.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var values = Values(expected.Shape, random);
            if (expected.Name == tensors.Output.Name)
            {
                values.narrow(0, pieces, config.Vocabulary - pieces).zero_(); // the likeliest token always has a text
            }

            TensorBytes.ForEachPiece(values.to(dtype), piece => file.Write(piece));
        }
    }

    private static void ExpectReadable(string json, string path, BaseForm form, int pieces, LlamaConfig wanted)
    {
        var read = form == BaseForm.Meta ? LlamaConfig.FromMeta(json, path, pieces) : LlamaConfig.FromHuggingFace(json, path);
        if (read.FeedForwardWidth != wanted.FeedForwardWidth)
        {
            throw new EngineException(
                EngineErrorCode.InvalidRequest, $"--ffn is {wanted.FeedForwardWidth}, and params.json can only tell {read.FeedForwardWidth}. Take one of at least 8/3 of --dim.");
        }
    }

    /// <summary>Norms are 1; matrices keep the variance of their input.</summary>
    private static Tensor Values(long[] shape, Generator random) =>
        shape.Length == 1 ? ones(shape) : randn(shape, generator: random).div_(Math.Sqrt(shape[1]));

    private static void WriteHeader(FileStream file, IEnumerable<BaseTensor> tensors, ScalarType dtype)
    {
        var header = new Dictionary<string, object>();
        long offset = 0;
        foreach (var tensor in tensors)
        {
            var end = offset + (tensor.Count * sizeof(short));
            header[tensor.Name] = new { dtype = StoredType.Of(dtype)!.Safetensors, shape = tensor.Shape, data_offsets = new[] { offset, end } };
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

    /// <summary>The feed-forward width stands there only as the multiple that two thirds of four times the width are rounded up to.</summary>
    private static string Params(LlamaConfig config) => JsonSerializer.Serialize(new
    {
        dim = config.Width,
        n_layers = config.Layers,
        n_heads = config.Heads,
        n_kv_heads = config.KvHeads,
        vocab_size = config.Vocabulary,
        multiple_of = config.FeedForwardWidth,
        norm_eps = config.NormEpsilon,
        rope_theta = config.RopeTheta,
    });

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
            });
}
