using System.IO.Compression;
using System.Text.Json.Nodes;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Testing.Adapters;

/// <summary>A LoRA as PEFT saves it, to be changed and written; the same values as an official file has them.</summary>
public sealed class PeftSketch
{
    private const int Rank = 2;
    private const int Alpha = 6;

    private static readonly string[] Modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj", "up_proj"];

    private readonly LlamaConfig _base;

    /// <param name="baseConfig">Sizes of the base it is for.</param>
    public PeftSketch(LlamaConfig baseConfig)
    {
        _base = baseConfig;
        for (var layer = 0; layer < _base.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                using var random = new Generator((ulong)Tensors.Count);
                Tensors[Name(layer, linear, "A")] = randn([Rank, linear.InWidth(_base)], generator: random);
                Tensors[Name(layer, linear, "B")] = randn([linear.OutWidth(_base), Rank], generator: random);
            }
        }
    }

    public JsonObject Config { get; } = new()
    {
        ["peft_type"] = "LORA",
        ["task_type"] = "CAUSAL_LM",
        ["base_model_name_or_path"] = "meta-llama/Llama-2-7b-hf",
        ["r"] = Rank,
        ["lora_alpha"] = Alpha,
        ["lora_dropout"] = 0.05,
        ["target_modules"] = new JsonArray([.. Modules.Select(module => JsonValue.Create(module))]),
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["modules_to_save"] = null,
        ["init_lora_weights"] = true,
        ["use_rslora"] = false,
        ["use_dora"] = false,
        ["layers_to_transform"] = null,
        ["rank_pattern"] = new JsonObject(),
        ["alpha_pattern"] = new JsonObject(),
        ["loftq_config"] = new JsonObject(),
        ["inference_mode"] = true,
        ["revision"] = null,
        ["peft_version"] = "0.17.0",
    };

    public Dictionary<string, Tensor> Tensors { get; } = [];

    public static string Name(int layer, TunedLinear linear, string matrix) =>
        $"base_model.model.model.layers.{layer}.{(linear.IsAttention() ? "self_attn" : "mlp")}.{Modules[(int)linear]}.lora_{matrix}.weight";

    public string WriteFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), Config.ToJsonString());
        SafetensorsWriter.Write(Path.Combine(folder, "adapter_model.safetensors"), Tensors, new Dictionary<string, string> { ["format"] = "pt" });
        return folder;
    }

    /// <summary>Writes a zip of the folder.</summary>
    /// <param name="path">The zip; the folder lies beside it.</param>
    /// <param name="level">How it is compressed.</param>
    /// <param name="within">The folder in the zip that holds the files, with its slash; empty for none.</param>
    /// <param name="folders">Folders to be listed as entries of their own, as zip programs do.</param>
    /// <returns><paramref name="path"/>.</returns>
    public string WriteZip(string path, CompressionLevel level, string within = "", params string[] folders)
    {
        var folder = WriteFolder(path + ".folder");
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var name in folders)
        {
            zip.CreateEntry(name);
        }

        foreach (var file in Directory.EnumerateFiles(folder))
        {
            zip.CreateEntryFromFile(file, within + Path.GetFileName(file), level);
        }

        return path;
    }

    /// <summary>The same LoRA under the official names: B scaled, and its query and key rows in Meta's order, put there one by one.</summary>
    public string WriteOfficial(string path, double scale)
    {
        var tensors = new Dictionary<string, Tensor>();
        for (var layer = 0; layer < _base.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                var prefix = $"llama.layers.{layer}.{(linear.IsAttention() ? "attention" : "feed_forward")}.lora_{linear.OfficialName()}";
                var second = Tensors[Name(layer, linear, "B")] * tensor((float)scale);
                tensors[prefix + "_l1.weight"] = Tensors[Name(layer, linear, "A")];
                tensors[prefix + "_l2.weight"] = linear is TunedLinear.Query or TunedLinear.Key ? stack([.. Enumerable.Range(0, (int)second.shape[0]).Select(row => second[FromMeta(row)])]) : second;
            }
        }

        SafetensorsWriter.Write(path, tensors);
        return path;
    }

    /// <summary>The row of Hugging Face's that is a row of Meta's.</summary>
    private int FromMeta(int row)
    {
        var width = _base.HeadWidth;
        var (head, within) = (row / width, row % width);
        return (head * width) + (within / 2) + (within % 2 * width / 2);
    }
}
