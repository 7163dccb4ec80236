using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Reads a base's tensors from its file, strictly: every one present, of the right shape, finite, and none unknown.</summary>
/// <remarks>Names and the order of query and key rows: docs/engine.md, "Base files".</remarks>
internal sealed class WeightLoader(LlamaConfig config, BaseForm form, ScalarType dtype, Device device)
{
    private static readonly string[] HuggingFaceLinears =
        ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"];

    /// <summary>Reads the file.</summary>
    /// <param name="file">The weights.</param>
    /// <param name="progress">Told the fraction that is read.</param>
    /// <param name="cancellationToken">Stops between blocks; what was read is freed.</param>
    /// <returns>The tensors; the caller owns them.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, misshapen, damaged or unknown.</exception>
    public WeightStore Load(ITensorFile file, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var reader = new TensorReader(file);
        using var scope = NewDisposeScope();
        var embedding = Take(reader, form == BaseForm.Meta ? "tok_embeddings.weight" : "model.embed_tokens.weight", [config.Vocabulary, config.Width], dtype);
        var layers = new List<LayerWeights>();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            layers.Add(TakeLayer(reader, layer));
            progress?.Report((layer + 1.0) / config.Layers);
        }

        var finalNorm = Take(reader, form == BaseForm.Meta ? "norm.weight" : "model.norm.weight", [config.Width], ScalarType.Float32);
        var output = TakeOutput(reader, embedding);
        reader.ExpectAllTaken(IsDerived);
        var store = new WeightStore(embedding, layers, finalNorm, output);
        scope.Detach(store.Tensors);
        return store;
    }

    /// <summary>Rotary frequencies follow from the configuration; some files hold them all the same.</summary>
    private static bool IsDerived(string name) => name.EndsWith("rope.freqs", StringComparison.Ordinal) || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    private LayerWeights TakeLayer(TensorReader reader, int layer)
    {
        var prefix = form == BaseForm.Meta ? $"layers.{layer}." : $"model.layers.{layer}.";
        var (attentionNorm, feedForwardNorm) = form == BaseForm.Meta ? ("attention_norm", "ffn_norm") : ("input_layernorm", "post_attention_layernorm");
        return new LayerWeights(
            Take(reader, $"{prefix}{attentionNorm}.weight", [config.Width], ScalarType.Float32),
            Take(reader, $"{prefix}{feedForwardNorm}.weight", [config.Width], ScalarType.Float32),
            [.. TunedLinearExtensions.All.Select(linear => TakeLinear(reader, prefix, linear))]);
    }

    private Tensor TakeLinear(TensorReader reader, string prefix, TunedLinear linear)
    {
        var name = form == BaseForm.Meta
            ? $"{(linear.IsAttention() ? "attention" : "feed_forward")}.{linear.OfficialName()}"
            : HuggingFaceLinears[(int)linear];
        long[] shape = [linear.OutWidth(config), linear.InWidth(config)];
        var heads = (form, linear) switch
        {
            (BaseForm.HuggingFace, TunedLinear.Query) => config.Heads,
            (BaseForm.HuggingFace, TunedLinear.Key) => config.KvHeads,
            _ => 0,
        };

        using var scope = NewDisposeScope();
        var weight = Take(reader, $"{prefix}{name}.weight", shape, dtype);
        if (heads > 0)
        {
            // Within a head, row j of the file is Meta's row 2j and row j + half is Meta's row 2j + 1.
            weight = weight.view(heads, 2, config.HeadWidth / 2, shape[1]).transpose(1, 2).reshape(shape);
        }

        return weight.MoveToOuterDisposeScope();
    }

    private Tensor TakeOutput(TensorReader reader, Tensor embedding)
    {
        var name = form == BaseForm.Meta ? "output.weight" : "lm_head.weight";
        if (!config.TiedEmbeddings)
        {
            return Take(reader, name, [config.Vocabulary, config.Width], dtype);
        }

        // A tied file may hold the matrix a second time; the embedding is the one that counts.
        using var copy = reader.TryTake(name, [config.Vocabulary, config.Width]);
        return embedding;
    }

    private Tensor Take(TensorReader reader, string name, ReadOnlySpan<long> shape, ScalarType type)
    {
        using var scope = NewDisposeScope();
        return reader.Take(name, shape, type).to(device).MoveToOuterDisposeScope();
    }
}
