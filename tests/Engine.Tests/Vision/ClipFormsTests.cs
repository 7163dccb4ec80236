using System.IO.Compression;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tests.Checkpoints;
using Herd.Engine.Vision;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Vision;

/// <summary>
/// One image encoder in all forms of its file. No published file of the last two is at hand: Hugging Face's form is made by its names, the TorchScript archive
/// by the operations that PyTorch's pickler is known to use.
/// </summary>
public sealed class ClipFormsTests : IDisposable
{
    private static readonly string Golden = Path.Combine(RepositoryFiles.Golden, "clip", "tiny-clip.pth");

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Load_HuggingFacesForm_IsTheSameEncoder(bool textTower, bool widened)
    {
        using var scope = NewDisposeScope();
        var tensors = HuggingFace(widened);
        if (textTower)
        {
            tensors["text_model.embeddings.token_embedding.weight"] = zeros(4, 2);
            tensors["text_projection.weight"] = zeros(2, 2);
            tensors["logit_scale"] = tensor(4.6f);
            tensors["vision_model.embeddings.position_ids"] = zeros(1, 17, ScalarType.Int64);
        }

        SafetensorsWriter.Write(_folder.In("model.safetensors"), tensors);
        File.WriteAllText(_folder.In("config.json"), """{"vision_config":{"hidden_act":"quick_gelu","hidden_size":128,"num_attention_heads":2,"layer_norm_eps":1e-05,"patch_size":14}}""");

        AssertSame(_folder.Path);
    }

    [Theory]
    [InlineData("""{"vision_config":{"hidden_act":"gelu"}}""", "'quick_gelu' as 'hidden_act'")]
    [InlineData("""{"hidden_act":"gelu"}""", "'quick_gelu' as 'hidden_act'")]
    [InlineData("""{"vision_config":{"layer_norm_eps":1e-6}}""", "layer_norm_eps")]
    [InlineData("""{"vision_config":{"hidden_size":128,"num_attention_heads":4}}""", "num_attention_heads")]
    [InlineData("[", "a configuration in JSON")]
    public void Load_ConfigurationOfAnotherEncoder_IsRefusedByName(string config, string named)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.In("model.safetensors"), HuggingFace(widened: true));
        File.WriteAllText(_folder.In("config.json"), config);

        Assert.Contains(named, Assert.Throws<CheckpointException>(() => ClipEncoder.ComputeDigest(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_HuggingFacesFormWithATensorTooManyOrTooFew_NamesIt()
    {
        using var scope = NewDisposeScope();
        string Refusal(Action<Dictionary<string, Tensor>> change)
        {
            var tensors = HuggingFace(widened: true);
            change(tensors);
            SafetensorsWriter.Write(_folder.In("clip"), tensors);
            return Assert.Throws<CheckpointException>(() => ClipEncoder.Load(_folder.In("clip"), ScalarType.Float32, CPU)).Message;
        }

        Assert.Contains("'vision_model.head.weight'", Refusal(tensors => tensors["vision_model.head.weight"] = zeros(1)), StringComparison.Ordinal);
        Assert.Contains("self_attn.k_proj.bias", Refusal(tensors => tensors.Remove("vision_model.encoder.layers.1.self_attn.k_proj.bias")), StringComparison.Ordinal);
        Assert.Contains("self_attn.v_proj.weight", Refusal(tensors => tensors["vision_model.encoder.layers.0.self_attn.v_proj.weight"] = zeros(3, 128)), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TorchScriptArchive_IsTheSameEncoderAndRunsNothing()
    {
        WriteTorchScript(_folder.In("ViT-tiny.pt"));

        AssertSame(_folder.In("ViT-tiny.pt"));
        AssertSame(_folder.Path);
    }

    [Fact]
    public void Open_TorchScriptThatNamesOtherCode_IsRefused()
    {
        var pickle = new PickleBytes().Global("__torch__.M", "M").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.NewObject)
            .Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark).Text("a").Global("os", "system").Op(PickleOpcode.SetItems).Op(PickleOpcode.Build).Stop();
        File.WriteAllBytes(_folder.In("evil.pt"), PthBytes.Pack(pickle));

        Assert.Contains("'os.system', which is not allowed", Assert.Throws<CheckpointException>(() => PthFile.Open(_folder.In("evil.pt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TorchScriptModuleWithinItself_IsRefused()
    {
        var pickle = new PickleBytes().Global("__torch__.M", "M").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.NewObject).Op(PickleOpcode.BinPut, 0)
            .Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark).Text("a").Op(PickleOpcode.BinGet, 0).Op(PickleOpcode.SetItems).Op(PickleOpcode.Build).Stop();
        File.WriteAllBytes(_folder.In("endless.pt"), PthBytes.Pack(pickle));

        Assert.Contains("nested at most", Assert.Throws<CheckpointException>(() => PthFile.Open(_folder.In("endless.pt"))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertSame(string path)
    {
        using var scope = NewDisposeScope();
        using var official = ClipEncoder.Load(Golden, ScalarType.Float32, CPU);
        using var other = ClipEncoder.Load(path, ScalarType.Float32, CPU);
        var images = randn(2, 3, official.ImageSize, official.ImageSize);

        Assert.Equal(official.Digest, other.Digest);
        Assert.True(official.Encode(images).equal(other.Encode(images)).all().item<bool>());
    }

    private static Dictionary<string, Tensor> HuggingFace(bool widened)
    {
        using var file = PthFile.Open(Golden);
        Tensor Read(string name) => widened ? file.Read("visual." + name).to(ScalarType.Float32) : file.Read("visual." + name);
        var tensors = new Dictionary<string, Tensor>
        {
            ["vision_model.embeddings.class_embedding"] = Read("class_embedding"),
            ["vision_model.embeddings.patch_embedding.weight"] = Read("conv1.weight"),
            ["vision_model.embeddings.position_embedding.weight"] = Read("positional_embedding"),
            ["visual_projection.weight"] = Read("proj").t().contiguous(),
        };
        foreach (var kind in (string[])["weight", "bias"])
        {
            tensors[$"vision_model.pre_layrnorm.{kind}"] = Read($"ln_pre.{kind}");
            tensors[$"vision_model.post_layernorm.{kind}"] = Read($"ln_post.{kind}");
            for (var layer = 0; layer < 2; layer++)
            {
                var (theirs, ours) = ($"vision_model.encoder.layers.{layer}.", $"transformer.resblocks.{layer}.");
                var parts = Read($"{ours}attn.in_proj_{kind}").chunk(3);
                tensors[$"{theirs}self_attn.q_proj.{kind}"] = parts[0];
                tensors[$"{theirs}self_attn.k_proj.{kind}"] = parts[1];
                tensors[$"{theirs}self_attn.v_proj.{kind}"] = parts[2];
                tensors[$"{theirs}self_attn.out_proj.{kind}"] = Read($"{ours}attn.out_proj.{kind}");
                tensors[$"{theirs}layer_norm1.{kind}"] = Read($"{ours}ln_1.{kind}");
                tensors[$"{theirs}layer_norm2.{kind}"] = Read($"{ours}ln_2.{kind}");
                tensors[$"{theirs}mlp.fc1.{kind}"] = Read($"{ours}mlp.c_fc.{kind}");
                tensors[$"{theirs}mlp.fc2.{kind}"] = Read($"{ours}mlp.c_proj.{kind}");
            }
        }

        return tensors;
    }

    /// <summary>Modules as objects of classes of the archive's own code, which is packed beside them and would fail if it ran.</summary>
    private static void WriteTorchScript(string path)
    {
        using var scope = NewDisposeScope();
        using var file = PthFile.Open(Golden);
        var entries = new List<(string Name, byte[] Content)> { ("clip/code/__torch__.py", "raise SystemExit"u8.ToArray()), ("clip/constants.pkl", new PickleBytes().Op(PickleOpcode.EmptyTuple).Stop()), ("clip/version", "3\n"u8.ToArray()) };
        var pickle = new PickleBytes();
        WriteModule("", file.Tensors.Keys.Where(name => file.Tensors[name].DType is ScalarType.Float32 or ScalarType.Float16).ToList());
        entries.Add(("clip/data.pkl", pickle.Stop()));
        File.WriteAllBytes(path, Packed(entries));

        void WriteModule(string prefix, List<string> names)
        {
            pickle.Global("__torch__.model", "Module").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.NewObject).Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark);
            pickle.Text("training").Op(PickleOpcode.NewFalse);
            pickle.Text("sizes").Global("torch.jit._pickle", "build_intlist").Op(PickleOpcode.Mark).Op(PickleOpcode.EmptyList).Op(PickleOpcode.Mark).Number(3).Op(PickleOpcode.Appends)
                .Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
            foreach (var attribute in names.GroupBy(name => name[prefix.Length..].Split('.')[0]))
            {
                pickle.Text(attribute.Key);
                if (prefix + attribute.Key is var name && file.Tensors.ContainsKey(name))
                {
                    var values = file.Read(name);
                    var (info, key) = (file.Tensors[name], $"{entries.Count}");
                    entries.Add(($"clip/data/{key}", values.bytes.ToArray()));
                    long[] shape = [.. info.Shape];
                    pickle.Tensor(info.DType == ScalarType.Float16 ? "HalfStorage" : "FloatStorage", key, values.numel(), 0, shape, values.stride());
                }
                else
                {
                    WriteModule(name + ".", [.. attribute]);
                }
            }

            pickle.Op(PickleOpcode.SetItems).Op(PickleOpcode.Build);
        }
    }

    private static byte[] Packed(List<(string Name, byte[] Content)> entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, name.Contains("/code/", StringComparison.Ordinal) ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
