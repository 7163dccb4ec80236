using Herd.Engine.Bases;
using Xunit;

namespace Herd.Engine.Tests.Bases;

/// <summary>The released sizes, without their weights: every tensor's name and shape, and how many values there are.</summary>
public sealed class BaseTensorsTests
{
    private const string LlamaOne = ""","multiple_of":256,"norm_eps":1e-06,"vocab_size":-1}""";

    /// <summary>Name, params.json, width, feed-forward width, key/value width, layers, rows, values. The values are those of the published models.</summary>
    public static TheoryData<string, string, int, int, int, int, int, long> Released => new()
    {
        { "LLaMA-1 7B", """{"dim":4096,"n_layers":32,"n_heads":32""" + LlamaOne, 4096, 11008, 4096, 32, 32000, 6_738_415_616 },
        { "LLaMA-1 13B", """{"dim":5120,"n_layers":40,"n_heads":40""" + LlamaOne, 5120, 13824, 5120, 40, 32000, 13_015_864_320 },
        { "LLaMA-1 30B", """{"dim":6656,"n_layers":60,"n_heads":52""" + LlamaOne, 6656, 17920, 6656, 60, 32000, 32_528_943_616 },
        { "LLaMA-1 65B", """{"dim":8192,"n_layers":80,"n_heads":64""" + LlamaOne, 8192, 22016, 8192, 80, 32000, 65_285_660_672 },
        { "Llama-2 7B", """{"dim":4096,"multiple_of":256,"n_heads":32,"n_layers":32,"norm_eps":1e-05,"vocab_size":-1}""", 4096, 11008, 4096, 32, 32000, 6_738_415_616 },
        { "Llama-2 13B", """{"dim":5120,"multiple_of":256,"n_heads":40,"n_layers":40,"norm_eps":1e-05,"vocab_size":-1}""", 5120, 13824, 5120, 40, 32000, 13_015_864_320 },
        { "Llama-2 70B", """{"dim":8192,"multiple_of":4096,"ffn_dim_multiplier":1.3,"n_heads":64,"n_kv_heads":8,"n_layers":80,"norm_eps":1e-05,"vocab_size":-1}""", 8192, 28672, 1024, 80, 32000, 68_976_648_192 },
        { "Llama-3 8B", """{"dim":4096,"n_layers":32,"n_heads":32,"n_kv_heads":8,"vocab_size":128256,"multiple_of":1024,"ffn_dim_multiplier":1.3,"norm_eps":1e-05,"rope_theta":500000.0}""", 4096, 14336, 1024, 32, 128256, 8_030_261_248 },
        { "Llama-3 70B", """{"dim":8192,"ffn_dim_multiplier":1.3,"multiple_of":4096,"n_heads":64,"n_kv_heads":8,"n_layers":80,"norm_eps":1e-05,"vocab_size":128256,"rope_theta":500000.0}""", 8192, 28672, 1024, 80, 128256, 70_553_706_496 },
    };

    [Theory]
    [MemberData(nameof(Released))]
    public void All_OfAReleasedSize_HasItsNamesShapesAndValues(string name, string parameters, int width, int feedForward, int keys, int layers, int rows, long values)
    {
        var config = LlamaConfig.FromMeta(parameters, name, tokenizerVocabulary: 32000);
        var meta = Table(Expected("tok_embeddings", "layers", ["attention_norm", "ffn_norm"], ["attention.wq", "attention.wk", "attention.wv", "attention.wo", "feed_forward.w1", "feed_forward.w2", "feed_forward.w3"], "norm", "output"));
        var huggingFace = Table(Expected(
            "model.embed_tokens",
            "model.layers",
            ["input_layernorm", "post_attention_layernorm"],
            ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"],
            "model.norm",
            "lm_head"));

        Assert.Equal(meta, Table(new BaseTensors(config, BaseForm.Meta).All.Select(tensor => (tensor.Name, tensor.Shape))));
        Assert.Equal(huggingFace, Table(new BaseTensors(config, BaseForm.HuggingFace).All.Select(tensor => (tensor.Name, tensor.Shape))));
        Assert.Equal(values, new BaseTensors(config, BaseForm.Meta).All.Sum(tensor => tensor.Count));

        IEnumerable<(string, long[])> Expected(string embedding, string layersName, string[] norms, string[] linears, string norm, string output)
        {
            long[][] shapes = [[width, width], [keys, width], [keys, width], [width, width], [feedForward, width], [width, feedForward], [feedForward, width]];
            yield return (embedding + ".weight", [rows, width]);
            for (var layer = 0; layer < layers; layer++)
            {
                yield return ($"{layersName}.{layer}.{norms[0]}.weight", [width]);
                yield return ($"{layersName}.{layer}.{norms[1]}.weight", [width]);
                for (var linear = 0; linear < linears.Length; linear++)
                {
                    yield return ($"{layersName}.{layer}.{linears[linear]}.weight", shapes[linear]);
                }
            }

            yield return (norm + ".weight", [width]);
            yield return (output + ".weight", [rows, width]);
        }
    }

    private static IEnumerable<string> Table(IEnumerable<(string Name, long[] Shape)> tensors) =>
        tensors.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]").Order(StringComparer.Ordinal);
}
