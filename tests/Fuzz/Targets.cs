using System.IO.Compression;
using System.Text;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tests.Adapters;
using Herd.Engine.Tests.Checkpoints;
using Herd.Engine.Tests.Tokenization;
using Herd.Engine.Tokenization;
using Herd.Testing;
using Herd.Testing.Adapters;
using static TorchSharp.torch;

namespace Herd.Fuzz;

/// <summary>All readers of foreign files.</summary>
internal sealed class Targets : IDisposable
{
    private const string SmallText = "The quick brown fox, 123! \u00FC\U0001F642";

    private readonly ScratchFiles _files = new();
    private readonly byte[] _pth = PthBytes.PackTensor(12, 0, [3, 4], [4, 1]);
    private readonly byte[] _safetensors;

    public Targets()
    {
        using var scope = NewDisposeScope();
        _safetensors = Bytes(path => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(2, 3), ["b"] = zeros(4, ScalarType.BFloat16) }, new Dictionary<string, string> { ["format"] = "pt" }));
        All = [.. TensorFiles(), .. Tokenizers(), .. Configurations(), .. Adapters(), .. new VisionTargets(_files).All];
    }

    /// <summary>The targets.</summary>
    public IReadOnlyList<FuzzTarget> All { get; }

    public void Dispose() => _files.Dispose();

    private IEnumerable<FuzzTarget> TensorFiles()
    {
        yield return new FuzzTarget(
            "pth",
            random => ContainerMutation.Zip(random, _pth, name => name.EndsWith(".pkl", StringComparison.Ordinal) ? RandomPickle.Change : Mutation.Bytes),
            bytes => ReadAll(_files.Write("pth", "file", bytes))) { Share = 4, Allocated = 64 << 20 };
        yield return new FuzzTarget("safetensors", random => ContainerMutation.Safetensors(random, _safetensors), bytes => ReadAll(_files.Write("safetensors", "file", bytes))) { Share = 4 };
        _files.Write("index", "one.safetensors", _safetensors);
        var index = Encoding.UTF8.GetBytes("""{"metadata":{"total_size":32},"weight_map":{"a":"one.safetensors","b":"one.safetensors"}}""");
        yield return new FuzzTarget("index", random => JsonMutation.Bytes(random, index), bytes =>
        {
            using var files = IndexedFiles.Open(SafetensorsIndex.Read(_files.Write("index", "model.safetensors.index.json", bytes)));
        });
        _files.Write("shards", "whole", _safetensors);
        yield return new FuzzTarget("shards", random => ContainerMutation.Safetensors(random, _safetensors), bytes =>
        {
            using var scope = NewDisposeScope();
            var path = _files.Write("shards", "part", bytes);
            using var shards = new ShardFiles([SafetensorsFile.Open(_files["shards", "whole"]), SafetensorsFile.Open(path)], new Dictionary<string, long[]> { ["a"] = [4, 3] });
            Array.ForEach([.. shards.Tensors.Keys], name => shards.Read(name));
        });
    }

    private IEnumerable<FuzzTarget> Tokenizers()
    {
        byte[] sentencePiece = File.ReadAllBytes(RepositoryFiles.Tokenizer);
        var ranks = Encoding.UTF8.GetBytes(ByteLevelFiles.Tiktoken);
        var json = Encoding.UTF8.GetBytes(ByteLevelFiles.Json().ToJsonString());
        foreach (var (name, seed, change) in new (string, byte[], Func<Random, byte[], byte[]>)[] { ("sentencepiece", sentencePiece, Mutation.Bytes), ("tiktoken", ranks, Mutation.Bytes), ("tokenizer-json", json, JsonMutation.Bytes) })
        {
            yield return new FuzzTarget(name, random => change(random, seed), bytes =>
            {
                var tokenizer = LlamaTokenizer.Load(_files.Write(name, "tokenizer", bytes));
                _ = tokenizer.Decode(tokenizer.Encode(SmallText, bos: true));
            });
        }
    }

    private static IEnumerable<FuzzTarget> Configurations()
    {
        var meta = Encoding.UTF8.GetBytes("""{"dim":64,"n_layers":2,"n_heads":4,"n_kv_heads":2,"vocab_size":-1,"multiple_of":32,"ffn_dim_multiplier":1.3,"norm_eps":1e-5,"rope_theta":500000.0,"use_scaled_rope":true}""");
        yield return new FuzzTarget("params-json", random => JsonMutation.Bytes(random, meta), bytes => LlamaConfig.FromMeta(Encoding.UTF8.GetString(bytes), "params.json", 512));
        var quantized = Encoding.UTF8.GetBytes(new Quantization(Quantization.DefaultGroup, new string('a', 64), new string('b', 64)).ToJson());
        yield return new FuzzTarget("herd-json", random => JsonMutation.Bytes(random, quantized), bytes => Quantization.Read(Encoding.UTF8.GetString(bytes), "herd.json"));
        var huggingFace = Encoding.UTF8.GetBytes(
            """
            {"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_act":"silu","hidden_size":64,"intermediate_size":192,"num_attention_heads":4,"num_hidden_layers":2,"vocab_size":512,
             "rms_norm_eps":1e-5,"rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},"tie_word_embeddings":false}
            """);
        var generation = Encoding.UTF8.GetBytes("""{"bos_token_id":1,"eos_token_id":[2,5,511],"pad_token_id":0,"temperature":0.6,"do_sample":true,"transformers_version":"4.45.0"}""");
        var tokenizer = LlamaTokenizer.Load(RepositoryFiles.Tokenizer);
        yield return new FuzzTarget(
            "generation-config-json",
            random => JsonMutation.Bytes(random, generation),
            bytes => EndTokens.Read([new ConfigFile(Encoding.UTF8.GetString(bytes), "generation_config.json")], tokenizer));
        yield return new FuzzTarget("config-json", random => JsonMutation.Bytes(random, huggingFace), bytes => LlamaConfig.FromHuggingFace(Encoding.UTF8.GetString(bytes), "config.json"));
    }

    private IEnumerable<FuzzTarget> Adapters()
    {
        using var scope = NewDisposeScope();
        foreach (var (name, sketch) in new[] { ("multimodal", AdapterSketch.Multimodal()), ("chat", AdapterSketch.Chat()), ("lora", AdapterSketch.Lora()), ("early", AdapterSketch.Early()), ("v1", AdapterSketch.Prefix()) })
        {
            var seed = Bytes(path => sketch.Write(path));
            yield return new FuzzTarget("adapter-" + name, random => ContainerMutation.Safetensors(random, seed), bytes => ReadAdapter(_files.Write(name, "adapter", bytes)));
        }

        var herd = Bytes(path =>
        {
            using var package = AdapterPackage.Read(AdapterSketch.Lora().Write(path + ".source"), AdapterSketch.Options);
            package.Save(path + ".herd");
            File.Move(path + ".herd", path);
        });
        yield return new FuzzTarget("herd", random => ContainerMutation.Zip(random, herd, ChangeOf), bytes => ReadAdapter(_files.Write("herd", "adapter", bytes))) { Share = 2 };
        var manifest = Encoding.UTF8.GetBytes(Manifest());
        yield return new FuzzTarget("manifest", random => JsonMutation.Bytes(random, manifest), bytes => AdapterManifest.Parse(Encoding.UTF8.GetString(bytes), "manifest.json"));
        foreach (var target in Peft())
        {
            yield return target;
        }
    }

    /// <summary>Zips, stored and deflated, and folders of which one file is changed.</summary>
    private IEnumerable<FuzzTarget> Peft()
    {
        using var scope = NewDisposeScope();
        var sketch = new PeftSketch(AdapterSketch.Base);
        byte[][] zips =
        [
            Bytes(path => File.Move(sketch.WriteZip(path + ".zip", CompressionLevel.NoCompression), path)),
            Bytes(path => File.Move(sketch.WriteZip(path + ".zip", CompressionLevel.Fastest, "my-lora/"), path)),
        ];
        yield return new FuzzTarget("peft", random => ContainerMutation.Zip(random, zips[random.Next(zips.Length)], ChangeOf), bytes => ReadAdapter(_files.Write("peft", "adapter", bytes))) { Share = 2 };
        foreach (var (name, file) in new[] { ("peft-config", "adapter_config.json"), ("peft-tensors", "adapter_model.safetensors") })
        {
            var folder = sketch.WriteFolder(Path.GetDirectoryName(_files[name, file])!);
            var (seed, change) = (File.ReadAllBytes(Path.Combine(folder, file)), ChangeOf(file));
            yield return new FuzzTarget(name, random => change(random, seed), bytes =>
            {
                _files.Write(name, file, bytes);
                ReadAdapter(folder);
            });
        }
    }

    private static Func<Random, byte[], byte[]> ChangeOf(string entry) => Path.GetExtension(entry) switch
    {
        ".json" => JsonMutation.Bytes,
        ".safetensors" => ContainerMutation.Safetensors,
        _ => Mutation.Bytes,
    };

    private static void ReadAll(string path)
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(path);
        foreach (var name in file.Tensors.Keys)
        {
            file.Read(name);
            file.Locate(name);
        }
    }

    private static void ReadAdapter(string path)
    {
        using var scope = NewDisposeScope();
        _ = AdapterSummary.Read(path);
        using var package = AdapterPackage.Read(path, AdapterSketch.Options);
    }

    private string Manifest()
    {
        using var package = AdapterPackage.Read(AdapterSketch.Multimodal().Write(_files["manifest", "source"]), AdapterSketch.Options);
        return package.ManifestJson;
    }

    private byte[] Bytes(Action<string> write)
    {
        var path = _files["seeds", Guid.NewGuid().ToString()];
        write(path);
        return File.ReadAllBytes(path);
    }
}
