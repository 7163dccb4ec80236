using System.Security.Cryptography;
using Herd.Engine.Adapters;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class AdapterPackageTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("visual")]
    [InlineData("chat")]
    public void The_same_tensors_make_the_same_version_in_every_form(string layout)
    {
        using var official = Read(AdapterSketch.Of(layout));
        official.Save(_folder.In("folder"));
        official.Save(_folder.In("file.herd"));
        var paths = official.Components.ToDictionary(component => component.Name, component => _folder.In("folder", component.Name + ".safetensors"));

        using var folder = AdapterPackage.Read(_folder.In("folder"), AdapterSketch.Options);
        using var file = AdapterPackage.Read(_folder.In("file.herd"), AdapterSketch.Options);
        using var stored = AdapterPackage.Open(official.ManifestJson, paths, AdapterSketch.Base);

        Assert.All((AdapterPackage[])[folder, file, stored], read =>
        {
            Assert.Equal(official.Version, read.Version);
            Assert.Equal(official.ManifestJson, read.ManifestJson);
            Assert.Equal(official.Components.Select(component => component.Digest), read.Components.Select(component => component.Digest));
        });
    }

    [Fact]
    public void Components_are_named_by_the_bytes_they_write()
    {
        using var package = Read(AdapterSketch.Multimodal());
        package.Save(_folder.In("folder"));

        Assert.Equal(["prompts", "tuning", "visual"], package.Components.Select(component => component.Name));
        Assert.All(package.Components, component =>
        {
            using var bytes = component.OpenRead();
            Assert.Equal(component.Length, bytes.Length);
            Assert.Equal(component.Digest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
            Assert.Equal(component.Digest, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder.In("folder", component.Name + ".safetensors")))));
        });
        Assert.Equal(package.Components.Sum(component => component.Length), package.Manifest.Bytes);
    }

    [Fact]
    public void Read_counts_every_value_of_the_file()
    {
        var sketch = AdapterSketch.Multimodal();

        using var package = Read(sketch);

        Assert.Equal(sketch.Tensors.Values.Sum(tensor => tensor.numel()), package.Parameters);
        Assert.True(package.TakesPictures);
    }

    [Fact]
    public void Read_tells_the_parts_of_a_visual_model()
    {
        using var package = Read(AdapterSketch.Multimodal());
        var manifest = package.Manifest;

        Assert.Equal(("alpaca", AdapterSketch.Options.BaseDigest), (manifest.Template, manifest.Base));
        Assert.Equal(new ManifestPrompts { FirstLayer = 1, Gate = GateForm.Tanh, KeyValues = PromptProjection.Base, Layers = 2, Length = 3 }, manifest.Prompts);
        Assert.Equal([TunedLinear.Query, TunedLinear.Output, TunedLinear.Gate, TunedLinear.Down, TunedLinear.Up], manifest.Tuning!.Biases);
        Assert.Empty(manifest.Tuning.Scales);
        Assert.True(manifest.Tuning.Norms);
        Assert.Equal((2, 4, 5, 6), (manifest.Visual!.Heads, manifest.Visual.Width, manifest.Visual.ClipWidth, manifest.Visual.MlpWidth));
    }

    [Fact]
    public void Read_tells_the_parts_of_a_chat_model()
    {
        using var package = Read(AdapterSketch.Chat());

        Assert.Null(package.Manifest.Prompts);
        Assert.Null(package.Manifest.Visual);
        Assert.Equal(TunedLinearExtensions.All, package.Manifest.Tuning!.Biases);
        Assert.Equal(TunedLinearExtensions.All, package.Manifest.Tuning.Scales);
    }

    [Fact]
    public void The_older_spelling_of_the_prefix_makes_the_same_version()
    {
        using var now = Read(AdapterSketch.Multimodal());
        using var old = Read(AdapterSketch.Multimodal("llma."));

        Assert.Equal(now.Version, old.Version);
    }

    [Fact]
    public void Read_accepts_a_visual_model_without_biases_norms_and_gates()
    {
        var sketch = AdapterSketch.Multimodal();
        foreach (var name in sketch.Tensors.Keys.Where(name => name.StartsWith("llama.", StringComparison.Ordinal)).ToList())
        {
            sketch.Tensors.Remove(name);
        }

        using var package = Read(sketch);

        Assert.Null(package.Manifest.Tuning);
        Assert.Equal(["prompts", "visual"], package.Components.Select(component => component.Name));
    }

    [Fact]
    public void The_version_depends_on_base_settings_and_every_value()
    {
        var versions = new HashSet<string>();
        void Expect(AdapterSketch sketch, AdapterReadOptions options)
        {
            using var package = Read(sketch, options);
            Assert.True(versions.Add(package.Version));
        }

        var changed = AdapterSketch.Multimodal();
        changed.Change("llama.layers.0.attention.gate", gate => gate + 1);

        Expect(AdapterSketch.Multimodal(), AdapterSketch.Options);
        Expect(changed, AdapterSketch.Options);
        Expect(AdapterSketch.Multimodal(), AdapterSketch.Options with { BaseDigest = new string('c', 64) });
        Expect(AdapterSketch.Multimodal(), AdapterSketch.Options with { Template = "raw" });
        Expect(AdapterSketch.Multimodal(), AdapterSketch.Options with { ChannelOrder = "bgr" });
        Expect(AdapterSketch.Multimodal(), AdapterSketch.Options with { VisualHeads = 4 });
    }

    [Fact]
    public void Versions_with_one_visual_front_end_share_its_component()
    {
        var other = AdapterSketch.Multimodal();
        other.Change("llama.norm.weight", norm => norm + 1);

        using var first = Read(AdapterSketch.Multimodal());
        using var second = Read(other);

        Assert.NotEqual(first.Version, second.Version);
        Assert.Equal(first.Manifest.Components["visual"], second.Manifest.Components["visual"]);
    }

    [Fact]
    public void Save_writes_the_same_bytes_every_time()
    {
        using var package = Read(AdapterSketch.Multimodal());
        package.Save(_folder.In("first.herd"));
        package.Save(_folder.In("second.herd"));

        Assert.Equal(File.ReadAllBytes(_folder.In("first.herd")), File.ReadAllBytes(_folder.In("second.herd")));
    }

    [Fact]
    public void Save_never_overwrites()
    {
        using var package = Read(AdapterSketch.Chat());
        package.Save(_folder.In("taken"));
        package.Save(_folder.In("taken.herd"));

        Assert.Equal(EngineErrorCode.InvalidFile, Assert.Throws<Engine.Checkpoints.CheckpointException>(() => package.Save(_folder.In("taken"))).Code);
        Assert.Throws<Engine.Checkpoints.CheckpointException>(() => package.Save(_folder.In("taken.herd")));
        Assert.Throws<Engine.Checkpoints.CheckpointException>(() => package.Save(_folder.In("no", "such", "folder.herd")));
    }

    [Fact]
    public void Package_and_weights_leave_nothing_in_the_callers_scope()
    {
        var path = AdapterSketch.Multimodal().Write(_folder.In("official"));
        using var scope = NewDisposeScope();

        using var package = AdapterPackage.Read(path, AdapterSketch.Options);
        using var weights = AdapterWeights.FromPackage(package, AdapterSketch.Base);

        Assert.Equal(0, scope.DisposablesCount);
    }

    public void Dispose() => _folder.Dispose();

    private AdapterPackage Read(AdapterSketch sketch, AdapterReadOptions? options = null) =>
        AdapterPackage.Read(sketch.Write(_folder.In(Guid.NewGuid().ToString("N"))), options ?? AdapterSketch.Options);
}
