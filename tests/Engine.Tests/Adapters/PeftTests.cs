using System.Text.Json.Nodes;
using Herd.Engine.Adapters;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Herd.Testing.Adapters;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class PeftTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void Read_Folder_IsTheOfficialFileWithTheSameMatrices()
    {
        var sketch = new PeftSketch(AdapterSketch.Base);
        using var peft = Read(sketch.WriteFolder(_folder.In("peft")));
        using var official = Read(sketch.WriteOfficial(_folder.In("official"), scale: 3));

        Assert.Equal(official.Version, peft.Version);
        Assert.Equal(TunedLinearExtensions.All, peft.Manifest.Lora!.Linears);
        Assert.False(peft.TakesPictures);
    }

    [Fact]
    public void Read_MatricesSavedUnderTheAdaptersName_AreTheSame()
    {
        using var plain = Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("plain")));
        var sketch = new PeftSketch(AdapterSketch.Base);
        foreach (var (name, values) in sketch.Tensors.ToList())
        {
            sketch.Tensors.Remove(name);
            sketch.Tensors.Add(name.Replace(".weight", ".default.weight", StringComparison.Ordinal), values);
        }

        using var named = Read(sketch.WriteFolder(_folder.In("named")));

        Assert.Equal(plain.Version, named.Version);
    }

    [Theory]
    [InlineData("""{"use_rslora":true}""", 4.2426405f)]
    [InlineData("""{"lora_alpha":2}""", 1f)]
    [InlineData("""{"alpha_pattern":{"q_proj":8}}""", 4f)]
    [InlineData("""{"alpha_pattern":{"layers.0.self_attn.q_proj":10,"q_proj":8}}""", 5f)]
    [InlineData("""{"alpha_pattern":{"layers\\.[12]\\..*":8}}""", 3f)]
    [InlineData("""{"alpha_pattern":{"^model\\.layers\\.0\\.self_attn\\.q_proj":8}}""", 4f)]
    [InlineData("""{"alpha_pattern":{"^layers\\.0\\.self_attn\\.q_proj":8}}""", 3f)]
    [InlineData("""{"alpha_pattern":{"(q|k)_proj":8}}""", 4f)]
    [InlineData("""{"rank_pattern":{".*":2},"r":16}""", 3f)]
    public void Read_ScaleOfAMatrix_IsWhatPeftComputes(string changes, float scale)
    {
        var sketch = new PeftSketch(AdapterSketch.Base);
        using var adapter = Read(Changed(sketch, changes).WriteFolder(_folder.In("peft")));
        using var weights = AdapterWeights.FromPackage(adapter, AdapterSketch.Base);

        var stored = sketch.Tensors[PeftSketch.Name(0, TunedLinear.Query, "B")][0];
        var held = weights.Lora(0, TunedLinear.Query)!.Out[0]; // the first row of a head is the first in either order
        Assert.Equal((stored * tensor(scale)).data<float>().ToArray(), held.data<float>().ToArray(), (left, right) => Math.Abs(left - right) < 1e-6);
    }

    [Theory]
    [InlineData("""{"target_modules":["q_proj","v_proj"]}""", "q_proj v_proj")]
    [InlineData("""{"target_modules":"all-linear"}""", "q_proj k_proj v_proj o_proj gate_proj down_proj up_proj")]
    [InlineData("""{"target_modules":".*self_attn\\.(q|v)_proj"}""", "q_proj v_proj")]
    [InlineData("""{"target_modules":"all-linear","exclude_modules":["o_proj"]}""", "q_proj k_proj v_proj gate_proj down_proj up_proj")]
    public void Read_TargetModules_AreThoseOfTheFile(string changes, string modules)
    {
        var sketch = Changed(new PeftSketch(AdapterSketch.Base), changes);
        foreach (var name in sketch.Tensors.Keys.Where(name => !modules.Split(' ').Any(module => name.Contains(module, StringComparison.Ordinal))).ToList())
        {
            sketch.Tensors.Remove(name);
        }

        using var adapter = Read(sketch.WriteFolder(_folder.In("peft")));

        Assert.Equal(modules.Split(' ').Length, adapter.Manifest.Lora!.Linears.Length);
    }

    [Fact]
    public void Read_LayersToTransform_AreThoseOfTheFile()
    {
        var sketch = Changed(new PeftSketch(AdapterSketch.Base), """{"layers_to_transform":[1]}""");
        foreach (var name in sketch.Tensors.Keys.Where(name => !name.Contains("layers.1.", StringComparison.Ordinal)).ToList())
        {
            sketch.Tensors.Remove(name);
        }

        using var adapter = Read(sketch.WriteFolder(_folder.In("peft")));
        Assert.Equal(7 * 2, adapter.Components.Single().Tensors.Count);
    }

    [Theory]
    [InlineData("""{"peft_type":"IA3"}""", "'peft_type'")]
    [InlineData("""{"bias":"all"}""", "'bias'")]
    [InlineData("""{"use_dora":true}""", "'use_dora'")]
    [InlineData("""{"use_rslora":1}""", "'use_rslora'")]
    [InlineData("""{"modules_to_save":["lm_head"]}""", "'modules_to_save'")]
    [InlineData("""{"fan_in_fan_out":true}""", "'fan_in_fan_out'")]
    [InlineData("""{"lora_bias":true}""", "'lora_bias'")]
    [InlineData("""{"layer_replication":[[0,2]]}""", "'layer_replication'")]
    [InlineData("""{"target_parameters":["mlp.experts"]}""", "'target_parameters'")]
    [InlineData("""{"trainable_token_indices":[3]}""", "'trainable_token_indices'")]
    [InlineData("""{"alora_invocation_tokens":[1,2]}""", "'alora_invocation_tokens'")]
    [InlineData("""{"megatron_config":{"hidden_size":8}}""", "'megatron_config'")]
    [InlineData("""{"use_qalora":true}""", "'use_qalora'")]
    [InlineData("""{"use_bdlora":{"nblocks":2}}""", "'use_bdlora'")]
    [InlineData("""{"arrow_config":{"top_k":3}}""", "'arrow_config'")]
    [InlineData("""{"velora_config":{"rank":1}}""", "'velora_config'")]
    [InlineData("""{"monteclora_config":{"samples":4}}""", "'monteclora_config'")]
    [InlineData("""{"lora_ga_config":{"direction":"ArB2r"}}""", "'lora_ga_config'")]
    [InlineData("""{"something_new":7}""", "'something_new'")]
    [InlineData("""{"r":0}""", "'r'")]
    [InlineData("""{"r":2.5}""", "'r'")]
    [InlineData("""{"lora_alpha":"6"}""", "'lora_alpha'")]
    [InlineData("""{"target_modules":null}""", "'target_modules'")]
    [InlineData("""{"target_modules":"("}""", "'target_modules'")]
    [InlineData("""{"target_modules":"(?=q)q_proj"}""", "'target_modules'")]
    [InlineData("""{"rank_pattern":{"(":4}}""", "'rank_pattern'")]
    [InlineData("""{"rank_pattern":{"q_proj":4}}""", "rank 4, as the configuration says")]
    [InlineData("""{"target_modules":["q_proj"]}""", "k_proj.lora_A.weight': expected a module that target_modules means")]
    [InlineData("""{"target_modules":["q_proj"],"layers_pattern":"blocks"}""", "'layers_pattern'")]
    public void Read_WhatIsNotSupported_IsRefusedByName(string changes, string named)
    {
        var error = Assert.Throws<CheckpointException>(() => Read(Changed(new PeftSketch(AdapterSketch.Base), changes).WriteFolder(_folder.In("peft"))));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnsoundTensors_AreRefusedByName()
    {
        void Expect(Action<PeftSketch> change, string named)
        {
            var sketch = new PeftSketch(AdapterSketch.Base);
            change(sketch);
            var error = Assert.ThrowsAny<EngineException>(() => Read(sketch.WriteFolder(_folder.In(Guid.NewGuid().ToString()))));
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }

        var query = PeftSketch.Name(0, TunedLinear.Query, "B");
        Expect(sketch => sketch.Tensors.Remove(query), $"'{query}': expected both matrices of a pair");
        Expect(sketch => sketch.Tensors[query] = sketch.Tensors[query][..4], "made for another base");
        Expect(sketch => sketch.Tensors[query] = full([8, 2], float.NaN), "an infinity or NaN");
        Expect(sketch => sketch.Tensors["base_model.model.model.embed_tokens.lora_embedding_A"] = zeros(2, 32), "embed_tokens");
        Expect(sketch => sketch.Tensors["base_model.model.lm_head.lora_A.weight"] = zeros(2, 8), "lm_head");
        Expect(sketch => sketch.Tensors["base_model.model.model.layers.7.mlp.up_proj.lora_A.weight"] = zeros(2, 8), "layer 7");
        Expect(sketch => sketch.Tensors.Clear(), "expected the matrices of every module");
    }

    [Fact]
    public void Read_EveryFieldThatPeftWritesByDefault_IsAccepted()
    {
        using var plain = Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("plain")));
        const string Defaults = """
            {
              "task_type": null, "auto_mapping": null, "revision": null, "base_model_name_or_path": null, "inference_mode": true, "peft_version": "0.20.0",
              "exclude_modules": null, "lora_dropout": 0.0, "fan_in_fan_out": false, "bias": "none", "use_rslora": false, "modules_to_save": null,
              "init_lora_weights": true, "layers_to_transform": null, "layers_pattern": null, "rank_pattern": {}, "alpha_pattern": {}, "megatron_config": null,
              "megatron_core": "megatron.core", "trainable_token_indices": null, "loftq_config": {}, "eva_config": null, "corda_config": null, "lora_ga_config": null,
              "use_dora": false, "velora_config": null, "alora_invocation_tokens": null, "use_qalora": false, "qalora_group_size": 16, "monteclora_config": null,
              "layer_replication": null, "lora_bias": false, "target_parameters": null, "use_bdlora": null, "arrow_config": null, "ensure_weight_tying": false,
              "a_field_of_tomorrow": null, "another": false, "a_list": [], "a_table": {}
            }
            """;

        using var defaults = Read(Changed(new PeftSketch(AdapterSketch.Base), Defaults).WriteFolder(_folder.In("defaults")));

        Assert.Equal(plain.Version, defaults.Version);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("null")]
    [InlineData("\"gaussian\"")]
    [InlineData("\"eva\"")]
    [InlineData("\"orthogonal\"")]
    public void Read_BeginningThatLeavesTheBaseAlone_IsAccepted(string beginning)
    {
        using var plain = Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("plain")));
        using var begun = Read(Changed(new PeftSketch(AdapterSketch.Base), $$"""{"init_lora_weights":{{beginning}}}""").WriteFolder(_folder.In("begun")));

        Assert.Equal(plain.Version, begun.Version);
    }

    [Theory]
    [InlineData("\"loftq\"", "LoftQ quantised, not to the base's", "merge it into full weights")]
    [InlineData("\"pissa\"", "leave the base's matrices as they are", "path_initial_model_for_weight_conversion")]
    [InlineData("\"pissa_niter_16\"", "leave the base's matrices as they are", "path_initial_model_for_weight_conversion")]
    [InlineData("\"olora\"", "leave the base's matrices as they are", "path_initial_model_for_weight_conversion")]
    [InlineData("\"corda\"", "leave the base's matrices as they are", "path_initial_model_for_weight_conversion")]
    [InlineData("\"lora_ga\"", "no other is known", "Train it from another beginning")]
    [InlineData("\"tomorrow\"", "no other is known", "Train it from another beginning")]
    [InlineData("7", "no other is known", "Train it from another beginning")]
    public void Read_BeginningThatChangesTheBase_IsRefusedWithReasonAndCure(string beginning, string reason, string cure)
    {
        var folder = Changed(new PeftSketch(AdapterSketch.Base), $$"""{"init_lora_weights":{{beginning}}}""").WriteFolder(_folder.In("peft"));

        var message = Assert.Throws<CheckpointException>(() => Read(folder)).Message;

        Assert.Contains("'init_lora_weights'", message, StringComparison.Ordinal);
        Assert.Contains($"found '{beginning}'", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains(cure, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e6, 1e35f)] // beyond Float32
    [InlineData(2, 3.4e38f)] // a factor of 1: Float32 holds it, BFloat16 does not
    public void Read_MatrixThatOverflowsWhenScaled_IsRefusedByName(double alpha, float value)
    {
        var sketch = new PeftSketch(AdapterSketch.Base);
        sketch.Config["lora_alpha"] = alpha;
        var name = PeftSketch.Name(1, TunedLinear.Down, "B");
        sketch.Tensors[name] = full(sketch.Tensors[name].shape, value);

        var error = Assert.Throws<CheckpointException>(() => Read(sketch.WriteFolder(_folder.In("peft"))));

        Assert.Equal(name, error.Tensor);
        Assert.Contains("numbers that the engine's types hold", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RankOfAPattern_IsThatOfTheMatrix()
    {
        var sketch = Changed(new PeftSketch(AdapterSketch.Base), """{"rank_pattern":{"^model\\.layers\\.[01]\\..*q_proj":4}}""");
        foreach (var layer in new[] { 0, 1 })
        {
            sketch.Tensors[PeftSketch.Name(layer, TunedLinear.Query, "A")] = ones(4, TunedLinear.Query.InWidth(AdapterSketch.Base));
            sketch.Tensors[PeftSketch.Name(layer, TunedLinear.Query, "B")] = ones(TunedLinear.Query.OutWidth(AdapterSketch.Base), 4);
        }

        using var adapter = Read(sketch.WriteFolder(_folder.In("peft")));
        using var weights = AdapterWeights.FromPackage(adapter, AdapterSketch.Base);

        Assert.Equal(4, adapter.Manifest.Lora!.MaxRank);
        Assert.Equal(1.5f, weights.Lora(1, TunedLinear.Query)!.Out[0, 0].item<float>()); // alpha 6 over rank 4
        Assert.Equal(2, weights.Lora(2, TunedLinear.Query)!.In.shape[0]);
    }

    public void Dispose() => _folder.Dispose();

    private static AdapterPackage Read(string path) => AdapterPackage.Read(path, AdapterSketch.Options);

    private static PeftSketch Changed(PeftSketch sketch, string changes)
    {
        foreach (var (field, value) in JsonNode.Parse(changes)!.AsObject())
        {
            sketch.Config[field] = value?.DeepClone();
        }

        return sketch;
    }
}
