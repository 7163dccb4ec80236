using CsCheck;
using Herd.Engine.Bases;
using Xunit;

namespace Herd.Engine.Tests.Bases;

public sealed class LlamaConfigTests
{
    private const int Tokenizer = 32_000;

    // The sizes of the released models, as their papers and files give them.
    [Theory]
    [InlineData("""{"dim":4096,"multiple_of":256,"n_heads":32,"n_layers":32,"norm_eps":1e-6,"vocab_size":-1}""", 32, 32, 11008)]
    [InlineData("""{"dim":5120,"multiple_of":256,"n_heads":40,"n_layers":40,"norm_eps":1e-6,"vocab_size":-1}""", 40, 40, 13824)]
    [InlineData("""{"dim":6656,"multiple_of":256,"n_heads":52,"n_layers":60,"norm_eps":1e-6,"vocab_size":-1}""", 52, 60, 17920)]
    [InlineData("""{"dim":8192,"multiple_of":256,"n_heads":64,"n_layers":80,"norm_eps":1e-5,"vocab_size":-1}""", 64, 80, 22016)]
    [InlineData("""{"dim":8192,"multiple_of":4096,"ffn_dim_multiplier":1.3,"n_heads":64,"n_kv_heads":8,"n_layers":80,"norm_eps":1e-5,"vocab_size":-1}""", 8, 80, 28672)]
    public void FromMeta_released_sizes_give_their_feed_forward_width(string json, int kvHeads, int layers, int feedForward)
    {
        var config = LlamaConfig.FromMeta(json, "params.json", Tokenizer);

        Assert.Equal((kvHeads, layers, feedForward, Tokenizer), (config.KvHeads, config.Layers, config.FeedForwardWidth, config.Vocabulary));
        Assert.Equal(128, config.HeadWidth);
        Assert.Equal(10_000f, config.RopeTheta);
    }

    [Fact]
    public void FromHuggingFace_reads_every_field()
    {
        var config = LlamaConfig.FromHuggingFace(HuggingFace(), "config.json");

        Assert.Equal(
            new LlamaConfig
            {
                Width = 64,
                Layers = 4,
                Heads = 4,
                KvHeads = 2,
                FeedForwardWidth = 224,
                Vocabulary = 512,
                NormEpsilon = 1e-5f,
                RopeTheta = 500_000,
                TiedEmbeddings = true,
                ContextTokens = 1024,
            },
            config);
    }

    [Theory]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"model_type":"\ud800"}""")]
    [InlineData("""{"architectures":["\udfff"]}""")]
    public void Half_a_character_is_refused_like_any_other_text(string json) =>
        Assert.Equal(EngineErrorCode.InvalidFile, Assert.Throws<EngineException>(() => LlamaConfig.FromHuggingFace(json, "config.json")).Code);

    [Fact]
    public void Scaled_frequencies_are_the_same_in_both_forms()
    {
        const string Scaling = "\"rope_scaling\":{\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192,\"rope_type\":\"llama3\"},";
        var meta = LlamaConfig.FromMeta("""{"dim":64,"n_layers":2,"n_heads":4,"use_scaled_rope":true}""", "params.json", Tokenizer);

        Assert.Equal(new RopeScaling(8, new RopeBand(8192, 1, 4)), meta.RopeScaling);
        Assert.Equal(meta.RopeScaling, LlamaConfig.FromHuggingFace(HuggingFace().Replace("{", "{" + Scaling, StringComparison.Ordinal), "config.json").RopeScaling);
        Assert.Equal(new RopeScaling(2, null), LlamaConfig.FromHuggingFace(HuggingFace().Replace("{", "{\"rope_scaling\":{\"type\":\"linear\",\"factor\":2},", StringComparison.Ordinal), "config.json").RopeScaling);
        Assert.Equal(32, LlamaConfig.FromMeta("""{"dim":64,"n_layers":2,"n_heads":4,"use_scaled_rope":true,"rope_scaling_factor":32}""", "params.json", Tokenizer).RopeScaling!.Factor);
        Assert.Null(LlamaConfig.FromMeta("""{"dim":64,"n_layers":2,"n_heads":4,"use_scaled_rope":false}""", "params.json", Tokenizer).RopeScaling);
    }

    [Fact]
    public void FromHuggingFace_reads_theta_from_rope_parameters()
    {
        var json = HuggingFace().Replace("\"rope_theta\":500000.0", "\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":700000.0}", StringComparison.Ordinal);

        Assert.Equal(700_000f, LlamaConfig.FromHuggingFace(json, "config.json").RopeTheta);
    }

    [Theory]
    [InlineData("\"hidden_act\":\"gelu\"", "hidden_act")]
    [InlineData("\"attention_bias\":true", "attention_bias")]
    [InlineData("\"mlp_bias\":true", "mlp_bias")]
    [InlineData("\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8.0}", "original_max_position_embeddings")]
    [InlineData("\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"original_max_position_embeddings\":8192,\"low_freq_factor\":4,\"high_freq_factor\":4}", "high_freq_factor")]
    [InlineData("\"rope_scaling\":{\"type\":\"linear\",\"factor\":0.5}", "factor")]
    [InlineData("\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}", "type")]
    [InlineData("\"rope_parameters\":{\"rope_type\":\"yarn\"}", "rope_type")]
    [InlineData("\"architectures\":[\"MistralForCausalLM\"]", "architectures")]
    [InlineData("\"model_type\":\"mistral\"", "model_type")]
    [InlineData("\"quantization_config\":{\"bits\":4}", "quantization_config")]
    [InlineData("\"head_dim\":32", "head_dim")]
    public void FromHuggingFace_names_what_is_not_supported(string field, string name)
    {
        var json = HuggingFace().Replace("{", "{" + field + ",", StringComparison.Ordinal);

        var error = Assert.Throws<EngineException>(() => LlamaConfig.FromHuggingFace(json, "/a/config.json"));

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.StartsWith($"config.json: field '{name}': expected ", error.Message, StringComparison.Ordinal);
        Assert.Contains(", found ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"dim":64,"n_layers":2}""", "n_heads")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":5}""", "n_heads")]
    [InlineData("""{"dim":12,"n_layers":2,"n_heads":4}""", "n_heads")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":4,"n_kv_heads":3}""", "n_kv_heads")]
    [InlineData("""{"dim":0,"n_layers":2,"n_heads":4}""", "dim")]
    [InlineData("""{"dim":"64","n_layers":2,"n_heads":4}""", "dim")]
    [InlineData("""{"dim":64,"n_layers":2.5,"n_heads":4}""", "n_layers")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":4,"norm_eps":0}""", "norm_eps")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":4,"rope_theta":1e300}""", "rope_theta")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":4,"vocab_size":31999}""", "vocab_size")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":4,"use_scaled_rope":1}""", "use_scaled_rope")]
    [InlineData("""{"dim":64,"n_layers":2,"n_heads":4,"moe":{}}""", "moe")]
    public void FromMeta_names_file_and_field_of_a_fault(string json, string field)
    {
        var error = Assert.Throws<EngineException>(() => LlamaConfig.FromMeta(json, "/a/params.json", Tokenizer));

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.StartsWith($"params.json: field '{field}': expected ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_to_a_file_is_refused_or_read_never_anything_else()
    {
        var sound = HuggingFace();
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Char[' ', '~']).Sample((at, letter) =>
        {
            var damaged = sound.Remove(at, 1).Insert(at, letter.ToString());
            try
            {
                var config = LlamaConfig.FromHuggingFace(damaged, "config.json");
                return config.Width % config.Heads == 0 && config.Heads % config.KvHeads == 0;
            }
            catch (EngineException error)
            {
                return error.Code == EngineErrorCode.InvalidFile;
            }
        });
    }

    private static string HuggingFace() => """
        {"hidden_size":64,"intermediate_size":224,"num_attention_heads":4,"num_key_value_heads":2,"num_hidden_layers":4,"vocab_size":512,
        "rms_norm_eps":1e-05,"rope_theta":500000.0,"max_position_embeddings":1024,"tie_word_embeddings":true,"torch_dtype":"bfloat16"}
        """;
}
