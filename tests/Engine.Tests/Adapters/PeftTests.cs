using System.IO.Compression;
using System.Text.Json.Nodes;
using Herd.Engine.Adapters;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class PeftTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void Read_Folder_IsTheOfficialFileWithTheSameMatrices()
    {
        var sketch = new PeftSketch();
        using var peft = Read(sketch.WriteFolder(_folder.In("peft")));
        using var official = Read(sketch.WriteOfficial(_folder.In("official"), scale: 3));

        Assert.Equal(official.Version, peft.Version);
        Assert.Equal(TunedLinearExtensions.All, peft.Manifest.Lora!.Linears);
        Assert.False(peft.TakesPictures);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression, "")]
    [InlineData(CompressionLevel.SmallestSize, "")]
    [InlineData(CompressionLevel.SmallestSize, "my-adapter/")]
    public void Read_ZipOfTheFolder_IsTheSameVersion(CompressionLevel level, string within)
    {
        using var folder = Read(new PeftSketch().WriteFolder(_folder.In("peft")));
        using var zip = Read(new PeftSketch().WriteZip(_folder.In("peft.zip"), level, within));
        zip.Save(_folder.In("converted.herd"));
        using var converted = Read(_folder.In("converted.herd"));

        Assert.Equal(folder.Version, zip.Version);
        Assert.Equal(folder.Version, converted.Version);
    }

    [Fact]
    public void Read_MatricesSavedUnderTheAdaptersName_AreTheSame()
    {
        using var plain = Read(new PeftSketch().WriteFolder(_folder.In("plain")));
        var sketch = new PeftSketch();
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
    [InlineData("""{"rank_pattern":{".*":2},"r":16}""", 3f)]
    public void Read_ScaleOfAMatrix_IsWhatPeftComputes(string changes, float scale)
    {
        var sketch = new PeftSketch();
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
        var sketch = Changed(new PeftSketch(), changes);
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
        var sketch = Changed(new PeftSketch(), """{"layers_to_transform":[1]}""");
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
    [InlineData("""{"something_new":7}""", "'something_new'")]
    [InlineData("""{"init_lora_weights":"pissa"}""", "'init_lora_weights'")]
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
        var error = Assert.Throws<CheckpointException>(() => Read(Changed(new PeftSketch(), changes).WriteFolder(_folder.In("peft"))));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnsoundTensors_AreRefusedByName()
    {
        void Expect(Action<PeftSketch> change, string named)
        {
            var sketch = new PeftSketch();
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
    public void Read_HostileZip_IsRefused()
    {
        string Zip(string name, params (string Entry, byte[] Content)[] entries)
        {
            using var zip = ZipFile.Open(_folder.In(name), ZipArchiveMode.Create);
            foreach (var (entry, content) in entries)
            {
                using var stream = zip.CreateEntry(entry, CompressionLevel.SmallestSize).Open();
                stream.Write(content);
            }

            return _folder.In(name);
        }

        var config = System.Text.Encoding.UTF8.GetBytes(new PeftSketch().Config.ToJsonString());
        Assert.Contains("plain relative entry names", Refusal(Zip("up", ("../adapter_config.json", config), ("adapter_config.json", config))), StringComparison.Ordinal);
        Assert.Contains("when unpacked", Refusal(Zip("bomb", ("adapter_config.json", config), ("adapter_model.safetensors", new byte[50_000_000]))), StringComparison.Ordinal);
        Assert.Contains("'run.py'", Refusal(Zip("program", ("adapter_config.json", config), ("run.py", [1]))), StringComparison.Ordinal);
        Assert.Contains("every file once", Refusal(Zip("twice", ("a/adapter_config.json", config), ("b/adapter_config.json", config))), StringComparison.Ordinal);
        Assert.Contains("found none", Refusal(Zip("empty", ("adapter_config.json", config))), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static AdapterPackage Read(string path) => AdapterPackage.Read(path, AdapterSketch.Options);

    private static string Refusal(string path) => Assert.Throws<CheckpointException>(() => Read(path)).Message;

    private static PeftSketch Changed(PeftSketch sketch, string changes)
    {
        foreach (var (field, value) in JsonNode.Parse(changes)!.AsObject())
        {
            sketch.Config[field] = value?.DeepClone();
        }

        return sketch;
    }
}
