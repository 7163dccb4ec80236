using System.Text;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Bases;

/// <summary>Finds the files of a base, and says what to do instead where a folder holds something else.</summary>
internal sealed record BaseFiles(string Weights, string Config, string Tokenizer)
{
    private const string MetaConfig = "params.json";
    private const string MetaWeights = "consolidated.00.pth";
    private const string HuggingFaceConfig = "config.json";
    private const string HuggingFaceWeights = "model.safetensors";
    private const string MetaPattern = "consolidated.*.pth";
    private const string HuggingFacePattern = "model*.safetensors";
    private const string TokenizerName = "tokenizer.model";
    private const int MaxConfigBytes = 1 << 20;
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
                $"{MetaConfig} and {MetaWeights}, or {HuggingFaceConfig} and {HuggingFaceWeights}",
                meta ? $"{MetaConfig} and {HuggingFaceConfig}" : Contents(folder),
                meta ? "Keep one of the two forms in it." : "Name the folder that holds the base itself.");
        }

        ExpectOneFile(folder, meta ? MetaPattern : HuggingFacePattern, meta ? MetaWeights : HuggingFaceWeights);
        var (weights, config) = meta ? (MetaWeights, MetaConfig) : (HuggingFaceWeights, HuggingFaceConfig);
        return (
            meta ? BaseForm.Meta : BaseForm.HuggingFace,
            new BaseFiles(Path.Combine(folder, weights), Path.Combine(folder, config), tokenizer ?? FindTokenizer(folder)));
    }

    internal string ReadConfig()
    {
        using var file = FileBytes.Open(Config);
        if (file.Length > MaxConfigBytes)
        {
            throw new CheckpointException(
                Config, null, $"at most {MaxConfigBytes} bytes", $"{file.Length}", "Check that this is the base's configuration.");
        }

        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private static void ExpectOneFile(string folder, string pattern, string expected)
    {
        var found = Directory.EnumerateFiles(folder, pattern).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).ToList();
        if (found is [var only] && only == expected)
        {
            return;
        }

        throw found.Count == 0
            ? Refuse(folder, expected, Contents(folder), "Copy the weights there.")
            : Refuse(folder, $"{expected} alone", List(found), "Weights in several files are not supported yet; merge them into one.");
    }

    private static string FindTokenizer(string folder)
    {
        foreach (var place in (string?[])[folder, Path.GetDirectoryName(folder)])
        {
            if (place is not null && Exists(place, TokenizerName))
            {
                return Path.Combine(place, TokenizerName);
            }
        }

        throw Refuse(folder, $"{TokenizerName} in it or in the folder above", "none", "Copy it there or name the tokenizer's file.");
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

    private static bool Exists(string folder, string file) => File.Exists(Path.Combine(folder, file));

    private static CheckpointException Refuse(string folder, string expected, string found, string cure) => new(folder, null, expected, found, cure);
}
