using Herd.Engine.Adapters;
using Herd.Engine.Model;

namespace Herd.Engine.Bases;

/// <summary>A tensor that a base's files must hold.</summary>
/// <param name="Name">Its name in the base's form.</param>
/// <param name="Shape">Its shape, of all shards together.</param>
internal sealed record BaseTensor(string Name, long[] Shape)
{
    /// <summary>Number of its values.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);
}

/// <summary>The tensors of a base by name and shape: all there are, in either form. Docs/engine.md, "Base files".</summary>
internal sealed class BaseTensors(LlamaConfig config, BaseForm form)
{
    private static readonly string[] HuggingFaceLinears =
        ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"];

    private readonly bool _meta = form == BaseForm.Meta;

    /// <summary>Token embedding.</summary>
    public BaseTensor Embedding => new(_meta ? "tok_embeddings.weight" : "model.embed_tokens.weight", [config.Vocabulary, config.Width]);

    /// <summary>Norm in front of the output.</summary>
    public BaseTensor FinalNorm => Norm(_meta ? "norm" : "model.norm");

    /// <summary>Output matrix; a file of tied embeddings may lack it.</summary>
    public BaseTensor Output => new(_meta ? "output.weight" : "lm_head.weight", [config.Vocabulary, config.Width]);

    /// <summary>Every tensor that must be there, in the order of the model.</summary>
    public IEnumerable<BaseTensor> All =>
    [
        Embedding,
        .. Enumerable.Range(0, config.Layers).SelectMany(layer =>
            TunedLinearExtensions.All.Select(linear => Linear(layer, linear)).Prepend(FeedForwardNorm(layer)).Prepend(AttentionNorm(layer))),
        FinalNorm,
        .. config.TiedEmbeddings ? Array.Empty<BaseTensor>() : [Output],
    ];

    /// <summary>Norm in front of a layer's attention.</summary>
    public BaseTensor AttentionNorm(int layer) => Norm(Prefix(layer) + (_meta ? "attention_norm" : "input_layernorm"));

    /// <summary>Norm in front of a layer's feed-forward part.</summary>
    public BaseTensor FeedForwardNorm(int layer) => Norm(Prefix(layer) + (_meta ? "ffn_norm" : "post_attention_layernorm"));

    /// <summary>One of a layer's seven matrices.</summary>
    public BaseTensor Linear(int layer, TunedLinear linear)
    {
        var name = _meta ? $"{(linear.IsAttention() ? "attention" : "feed_forward")}.{linear.OfficialName()}" : HuggingFaceLinears[(int)linear];
        return new BaseTensor($"{Prefix(layer)}{name}.weight", [linear.OutWidth(config), linear.InWidth(config)]);
    }

    /// <summary>The scales of one of a layer's seven matrices, where these are stored in 8 bits.</summary>
    public BaseTensor Scales(int layer, TunedLinear linear, int group)
    {
        var matrix = Linear(layer, linear);
        return new BaseTensor(matrix.Name + "_scale", [matrix.Shape[0], Int8Linear.GroupsOf(linear.InWidth(config), group)]);
    }

    /// <summary>Rotary frequencies follow from the configuration; some files hold them all the same.</summary>
    public static bool IsDerived(string name) => name.EndsWith("rope.freqs", StringComparison.Ordinal) || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    private string Prefix(int layer) => _meta ? $"layers.{layer}." : $"model.layers.{layer}.";

    private BaseTensor Norm(string name) => new(name + ".weight", [config.Width]);
}
