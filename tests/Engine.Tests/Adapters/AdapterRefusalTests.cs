using System.IO.Compression;
using System.Text.Json.Nodes;
using CsCheck;
using Herd.Engine.Adapters;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class AdapterRefusalTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("clip_proj.bias")]
    [InlineData("visual_query.weight")]
    [InlineData("visual_blocks.1.norm1.weight")]
    [InlineData("visual_blocks.0.mlp.fc2.bias")]
    [InlineData("visual_proj_norm.weight")]
    [InlineData("adapter_query.weight")]
    public void A_visual_model_without_one_of_its_parts_is_refused_by_name(string missing)
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Tensors.Remove(missing);

        var error = Refused(sketch);

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Matches(@"^official: tensor 'visual_|^official: tensor '" + missing, error.Message);
    }

    [Theory]
    [InlineData("visual", "llama.layers.0.attention.wk.bias")]
    [InlineData("visual", "llama.layers.0.attention.wq_scale")]
    [InlineData("visual", "llma.norm.weight")]
    [InlineData("visual", "extra")]
    [InlineData("chat", "layers.0.attention.gate")]
    [InlineData("chat", "layers.0.attention.wq_bais")]
    public void An_unknown_tensor_is_refused_by_name(string layout, string name)
    {
        var sketch = AdapterSketch.Of(layout);
        sketch.Add(name, 8);

        var error = Refused(sketch);

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Contains("only known tensors", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("visual", "llama.layers.1.attention.gate")]
    [InlineData("visual", "llama.layers.1.feed_forward.w2.bias")]
    [InlineData("visual", "llama.norm.weight")]
    [InlineData("chat", "layers.2.attention.wk_bias")]
    [InlineData("chat", "layers.2.feed_forward.w2_scale")]
    [InlineData("chat", "layers.2.ffn_norm.weight")]
    public void A_shape_that_is_not_the_bases_names_tensor_expected_and_found(string layout, string name)
    {
        var sketch = AdapterSketch.Of(layout);
        sketch.Add(name, 7);

        var error = Refused(sketch);

        Assert.Equal(EngineErrorCode.Incompatible, error.Code);
        Assert.Matches($@"^official: tensor '{name}': expected shape \[[0-9, ]+\], found \[7\]\.", error.Message);
    }

    [Theory]
    [InlineData("visual_blocks.0.attn.qkv.weight", EngineErrorCode.InvalidFile)]
    [InlineData("visual_proj.weight", EngineErrorCode.Incompatible)]
    [InlineData("adapter_query.weight", EngineErrorCode.InvalidFile)]
    public void A_wrong_shape_inside_the_visual_parts_is_refused(string name, EngineErrorCode code)
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Add(name, 7, 4);

        Assert.Equal(code, Refused(sketch).Code);
    }

    [Fact]
    public void Prompts_for_more_layers_than_the_base_has_are_incompatible()
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Add("adapter_query.weight", 4 * 3, 8);

        Assert.Equal(EngineErrorCode.Incompatible, Refused(sketch).Code);
    }

    [Fact]
    public void Tensors_of_more_layers_than_the_base_has_are_incompatible()
    {
        var sketch = AdapterSketch.Chat();
        sketch.Add("layers.3.attention_norm.weight", 8);

        var error = Refused(sketch);

        Assert.Equal(EngineErrorCode.Incompatible, error.Code);
        Assert.Contains("'layers.3.attention_norm.weight': expected layers 0 to 2, found layer 3", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("visual_proj.bias")]
    [InlineData("llama.layers.2.attention.gate")]
    [InlineData("llama.layers.2.ffn_norm.weight")]
    public void A_number_that_is_none_is_refused(string name)
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Change(name, tensor => tensor * float.NaN);

        var error = Refused(sketch);

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Contains($"tensor '{name}': expected finite values", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_Float32_cannot_hold_and_whole_numbers_are_refused()
    {
        var (large, whole) = (AdapterSketch.Chat(), AdapterSketch.Chat());
        large.Change("norm.weight", tensor => tensor.to(ScalarType.Float64) * 1e300);
        whole.Change("norm.weight", tensor => tensor.to(ScalarType.Int32));

        Assert.Contains("numbers that Float32 can hold", Refused(large).Message, StringComparison.Ordinal);
        Assert.Contains("floating-point numbers", Refused(whole).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width_are_refused()
    {
        var error = Refused(AdapterSketch.Multimodal(), AdapterSketch.Options with { VisualHeads = 3 });

        Assert.Contains("3 heads", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_low_rank_pair_is_refused()
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Add("llama.layers.0.attention.lora_wq_l1.weight", 2, AdapterSketch.Base.Width);

        Assert.Contains("both matrices of a pair", Refused(sketch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_low_rank_pair_of_two_ranks_is_refused()
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Add("llama.layers.0.attention.lora_wq_l1.weight", 2, AdapterSketch.Base.Width);
        sketch.Add("llama.layers.0.attention.lora_wq_l2.weight", AdapterSketch.Base.Width, 3);

        Assert.Equal(EngineErrorCode.Incompatible, Refused(sketch).Code);
    }

    [Fact]
    public void Visual_slots_where_static_prompts_stand_are_refused()
    {
        var sketch = AdapterSketch.Early();
        sketch.Add("layers.2.attention.visual_gate", 1, AdapterSketch.Base.Heads, 1, 1);

        Assert.Contains("where no static prompts stand", Refused(sketch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Visual_slots_without_a_visual_front_end_are_refused()
    {
        var sketch = AdapterSketch.Early();
        sketch.Tensors.Remove("clip_proj.weight");

        Assert.Contains("a visual front end beside early fusion, found none", Refused(sketch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gap_in_the_layers_of_static_prompts_is_refused()
    {
        var sketch = AdapterSketch.Early();
        sketch.Add("layers.1.attention.prompt", 5, AdapterSketch.Base.Width);
        sketch.Tensors.Remove("layers.2.attention.prompt");

        Assert.Contains("prompts in every layer", Refused(sketch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_base_is_no_adapter()
    {
        var sketch = AdapterSketch.Chat();
        sketch.Add("tok_embeddings.weight", 32, 8);

        Assert.Contains("the weights of a base", Refused(sketch).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown", "1", "unknown")]
    [InlineData("herd", "2", "'herd' 1")]
    [InlineData("base", "\"B\"", "'base'")]
    [InlineData("template", "\"poem\"", "'template'")]
    [InlineData("components", "{}", "component")]
    [InlineData("components", "{\"visual\":null}", "digest of 'visual'")]
    [InlineData("tuning", "{\"biases\":null,\"norms\":true,\"order\":\"input\",\"scales\":[]}", "biases")]
    [InlineData("tuning", "{\"biases\":[],\"norms\":true,\"order\":\"input\",\"scales\":[]}", "'tuning'")]
    [InlineData("prompts", "null", "'prompts'")]
    [InlineData("prompts", "{\"firstLayer\":1,\"gate\":\"sigmoid\",\"keyValues\":\"base\",\"layers\":2,\"length\":3}", "gate")]
    [InlineData("visual", "null", "")]
    public void A_manifest_that_says_something_else_is_refused(string field, string value, string message)
    {
        var path = SavedFolder();
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "manifest.json")))!.AsObject();
        manifest[field] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(path, "manifest.json"), manifest.ToJsonString());

        var error = Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(path, AdapterSketch.Options));

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_component_of_another_version_is_refused()
    {
        var path = SavedFolder();
        var other = AdapterSketch.Multimodal();
        other.Change("llama.norm.weight", norm => norm + 1);
        using var package = AdapterPackage.Read(other.Write(_folder.In("other")), AdapterSketch.Options);
        using (var file = File.Create(Path.Combine(path, "tuning.safetensors")))
        {
            package.Components.Single(component => component.Name == "tuning").WriteTo(file);
        }

        var error = Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(path, AdapterSketch.Options));

        Assert.Contains("component 'tuning' with digest ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_stray_components_are_refused()
    {
        var path = SavedFolder();
        File.Move(Path.Combine(path, "tuning.safetensors"), Path.Combine(path, "lora.safetensors"));

        var error = Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(path, AdapterSketch.Options));

        Assert.Contains("(prompts, tuning, visual), found lora, prompts, visual", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_base_or_other_settings_than_the_manifests_are_incompatible()
    {
        var path = SavedFolder();
        var options = AdapterSketch.Options;

        Assert.All(
            (AdapterReadOptions[])
            [
                options with { BaseDigest = new string('c', 64) },
                options with { Template = "raw" },
                options with { ChannelOrder = "bgr" },
                options with { VisualHeads = 4 },
            ],
            other => Assert.Equal(EngineErrorCode.Incompatible, Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(path, other)).Code));
    }

    [Theory]
    [InlineData("../escape.safetensors", CompressionLevel.NoCompression)]
    [InlineData("/etc/escape.safetensors", CompressionLevel.NoCompression)]
    [InlineData("deeper/tuning.safetensors", CompressionLevel.NoCompression)]
    [InlineData("notes.txt", CompressionLevel.NoCompression)]
    [InlineData("manifest.json", CompressionLevel.NoCompression)]
    [InlineData("tuning.safetensors", CompressionLevel.SmallestSize)]
    public void An_archive_with_any_other_entry_is_refused_and_nothing_is_unpacked(string entry, CompressionLevel compression)
    {
        var path = SavedArchive();
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            using var stream = archive.CreateEntry(entry, compression).Open();
            stream.Write(new byte[1000]);
        }

        var before = Directory.EnumerateFileSystemEntries(_folder.Path).ToHashSet();
        Assert.Equal(EngineErrorCode.InvalidFile, Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(path, AdapterSketch.Options)).Code);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(_folder.Path).ToHashSet());
    }

    [Fact]
    public void A_changed_byte_of_an_archive_is_refused_or_changes_nothing()
    {
        var sound = File.ReadAllBytes(SavedArchive());
        using var original = AdapterPackage.Read(_folder.In("sound.herd"), AdapterSketch.Options);
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte).Sample(
            (at, value) =>
            {
                var path = _folder.In(Guid.NewGuid().ToString("N"));
                var bytes = sound.ToArray();
                bytes[at] = value;
                File.WriteAllBytes(path, bytes);
                try
                {
                    using var package = AdapterPackage.Read(path, AdapterSketch.Options);
                    return package.Version == original.Version;
                }
                catch (EngineException)
                {
                    return true;
                }
                finally
                {
                    File.Delete(path);
                }
            },
            iter: 300);
    }

    [Theory]
    [InlineData("no such file")]
    [InlineData("")]
    public void A_path_without_an_adapter_is_refused(string name)
    {
        Assert.Equal(EngineErrorCode.InvalidFile, Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(_folder.In(name), AdapterSketch.Options)).Code);
    }

    [Fact]
    public void Options_out_of_range_are_an_invalid_request()
    {
        var options = AdapterSketch.Options;

        Assert.All(
            (AdapterReadOptions[])[options with { ChannelOrder = "grb" }, options with { Template = "poem" }, options with { VisualHeads = 0 }, options with { BaseDigest = "B" }],
            wrong => Assert.Equal(EngineErrorCode.InvalidRequest, Assert.Throws<EngineException>(wrong.Validate).Code));
    }

    public void Dispose() => _folder.Dispose();

    private EngineException Refused(AdapterSketch sketch, AdapterReadOptions? options = null) =>
        Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(sketch.Write(_folder.In("official")), options ?? AdapterSketch.Options));

    private string SavedFolder() => Saved("saved");

    private string SavedArchive() => Saved("sound.herd");

    private string Saved(string name)
    {
        using var package = AdapterPackage.Read(AdapterSketch.Multimodal().Write(_folder.In("original")), AdapterSketch.Options);
        package.Save(_folder.In(name));
        return _folder.In(name);
    }
}
