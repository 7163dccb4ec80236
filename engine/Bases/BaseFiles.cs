using System.Text;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Bases;

/// <summary>Finds the files of a base, and says what to do instead where a folder holds something else.</summary>
/// <param name="Weights">The files of tensors, in order.</param>
/// <param name="Index">What tells which of them holds which tensor; null where one file, or shards, hold all.</param>
/// <param name="Config">The file of sizes.</param>
/// <param name="Generation">What says how answers end; null where nothing does.</param>
/// <param name="Tokenizer">The tokenizer's file.</param>
/// <param name="Quantization">What says that matrices are in 8 bits; null where none are.</param>
internal sealed record BaseFiles(IReadOnlyList<string> Weights, string? Index, string Config, string? Generation, string Tokenizer, string? Quantization)
{
    private const string MetaConfig = "params.json";
    private const string MetaShard = "consolidated.00.pth";
    private const string MetaSafetensors = "consolidated.safetensors";
    private const string HuggingFaceConfig = "config.json";
    private const string HuggingFaceGeneration = "generation_config.json";
    private const string HuggingFaceWeights = "model.safetensors";
    private const string HuggingFaceIndex = "model.safetensors.index.json";
    private const string MetaPattern = "consolidated.*";
    private const string HuggingFacePattern = "model*.safetensors";
    private const string TokenizerNames = "tokenizer.model or tokenizer.json";
    private const int MaxConfigBytes = 1 << 20;
    private const int MaxShards = 256;
    private const int MostListed = 8;

    internal static (BaseForm Form, BaseFiles Files) Find(string folder, string? tokenizer)
    {
        folder = Path.GetFullPath(folder);
        var meta = Exists(folder, MetaConfig);
        var huggingFace = Exists(folder, HuggingFaceConfig);
        if (meta == huggingFace)
        {
            throw Refuse(
                folder,
                $"{MetaConfig} and {MetaShard}, or {HuggingFaceConfig} and {HuggingFaceWeights}",
                meta ? $"{MetaConfig} and {HuggingFaceConfig}" : Contents(folder),
                meta ? "Keep one of the two forms in it." : "Name the folder that holds the base itself.");
        }

        var (weights, index) = meta ? (MetaWeights(folder), null) : HuggingFaceFiles(folder);
        return (
            meta ? BaseForm.Meta : BaseForm.HuggingFace,
            new BaseFiles(
                weights,
                index,
                Path.Combine(folder, meta ? MetaConfig : HuggingFaceConfig),
                meta ? null : IfThere(folder, HuggingFaceGeneration),
                tokenizer ?? FindTokenizer(folder),
                IfThere(folder, Bases.Quantization.FileName)));
    }

    /// <summary>The name of the only file of weights of a folder.</summary>
    internal static string SingleWeights(BaseForm form) => form == BaseForm.Meta ? MetaSafetensors : HuggingFaceWeights;

    /// <summary>The name under which a tokenizer's file is found in a folder.</summary>
    internal static string TokenizerNameOf(string path) => Path.GetExtension(path) == ".json" ? "tokenizer.json" : "tokenizer.model";

    /// <summary>Reads a small file whole.</summary>
    internal static string ReadText(string path)
    {
        using var file = FileBytes.Open(path);
        if (file.Length > MaxConfigBytes)
        {
            throw new CheckpointException(
                path, null, $"at most {MaxConfigBytes} bytes", $"{file.Length}", "Check that this is the base's configuration.");
        }

        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Shards are numbered from 00 without a gap.</summary>
    private static List<string> MetaWeights(string folder)
    {
        var found = Names(folder, MetaPattern);
        if (found is [MetaSafetensors])
        {
            return [Path.Combine(folder, MetaSafetensors)];
        }

        var shards = Enumerable.Range(0, Math.Clamp(found.Count, 1, MaxShards)).Select(number => $"consolidated.{number:00}.pth").ToList();
        return found.SequenceEqual(shards)
            ? [.. shards.Select(shard => Path.Combine(folder, shard))]
            : throw (found.Count == 0
                ? Refuse(folder, MetaShard, Contents(folder), "Copy the weights there.")
                : Refuse(folder, $"{MetaSafetensors} alone, or {string.Join(", ", shards.Take(MostListed))}", List(found), "Copy the shards that are missing, and remove what does not belong to them."));
    }

    private static (List<string> Weights, string? Index) HuggingFaceFiles(string folder)
    {
        var found = Names(folder, HuggingFacePattern);
        if (found is [HuggingFaceWeights])
        {
            return ([Path.Combine(folder, HuggingFaceWeights)], null);
        }

        if (found.Count == 0)
        {
            throw Refuse(folder, HuggingFaceWeights, Contents(folder), "Copy the weights there.");
        }

        if (!Exists(folder, HuggingFaceIndex))
        {
            throw Refuse(folder, $"{HuggingFaceWeights} alone, or {HuggingFaceIndex} and the files it names", List(found), "Copy the index there.");
        }

        var index = SafetensorsIndex.Read(Path.Combine(folder, HuggingFaceIndex));
        var named = index.Files.Select(file => Path.GetFileName(file)).ToList();
        return found.Except(named).Concat(named.Except(found)).Any()
            ? throw Refuse(folder, $"the files that {HuggingFaceIndex} names: {List(named)}", List(found), "Copy the files that are missing, and remove what does not belong to them.")
            : ([.. index.Files], index.Path);
    }

    private static List<string> Names(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(folder, pattern).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static string FindTokenizer(string folder)
    {
        foreach (var place in (string?[])[folder, Path.GetDirectoryName(folder)])
        {
            // Llama 1 and 2 have a tokenizer.json too, of another kind than their tokenizer.model, which is the one that is read.
            foreach (var name in TokenizerNames.Split(" or "))
            {
                if (place is not null && Exists(place, name))
                {
                    return Path.Combine(place, name);
                }
            }
        }

        throw Refuse(folder, $"{TokenizerNames} in it or in the folder above", "none", "Copy it there or name the tokenizer's file.");
    }

    /// <summary>What a folder holds; where bases lie one folder deeper, those.</summary>
    private static string Contents(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return "no such folder";
        }

        var deeper = Directory.EnumerateDirectories(folder).Where(HoldsBase)
            .Select(place => Path.GetFileName(place) + "/").Order(StringComparer.Ordinal).ToList();
        if (deeper.Count > 0)
        {
            return $"bases one folder deeper: {List(deeper)}";
        }

        var names = Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? "an empty folder" : List(names);
    }

    private static bool HoldsBase(string place) =>
        (Exists(place, MetaConfig) && Directory.EnumerateFiles(place, MetaPattern).Any())
        || (Exists(place, HuggingFaceConfig) && Directory.EnumerateFiles(place, HuggingFacePattern).Any());

    private static string List(List<string> names) => string.Join(", ", names.Take(MostListed)) + (names.Count > MostListed ? ", ..." : "");

    private static string? IfThere(string folder, string file) => Exists(folder, file) ? Path.Combine(folder, file) : null;

    private static bool Exists(string folder, string file) => File.Exists(Path.Combine(folder, file));

    private static CheckpointException Refuse(string folder, string expected, string found, string cure) => new(folder, null, expected, found, cure);
}
