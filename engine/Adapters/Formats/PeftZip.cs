using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>A zip of a PEFT folder. Its files lie at the top, or all in one folder.</summary>
internal sealed class PeftZip
{
    private const long LeastUnpacked = 1 << 20;
    private const int MostGrowth = 8; // weights hardly shrink; what grows more is no adapter

    /// <summary>What lies beside an adapter when a trainer or a hub saved it. It is never unpacked.</summary>
    private static readonly HashSet<string> Passed =
    [
        "README.md", ".gitattributes", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "chat_template.jinja",
        "vocab.json", "merges.txt", "trainer_state.json", "training_args.bin", "optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state.pth", "all_results.json",
        "train_results.json", "eval_results.json",
    ];

    private readonly string _path;
    private readonly string _top;
    private readonly IReadOnlyDictionary<string, ZipEntry> _entries;

    private PeftZip(string path, IReadOnlyDictionary<string, ZipEntry> entries)
    {
        (_path, _top, _entries) = (path, TopOf([.. entries.Keys]), entries);
        foreach (var name in entries.Keys.Where(name => !Passed.Contains(name[_top.Length..]) && !PeftFiles.Known.Contains(name[_top.Length..])))
        {
            throw PeftFiles.Refuse(path, $"only {PeftConfig.FileName} and the tensors' file, at the top or all in one folder", CheckpointException.Quote(name));
        }
    }

    /// <summary>Whether a file is a zip with a configuration of PEFT's anywhere in it.</summary>
    internal static bool Looks(string path)
    {
        using var file = FileBytes.Open(path);
        return PthFile.Looks(file) && ZipDirectory.Read(file).Keys.Any(name => Path.GetFileName(name) == PeftConfig.FileName);
    }

    /// <exception cref="CheckpointException">It is damaged, or holds what does not belong there.</exception>
    internal static PeftZip Open(string path)
    {
        using var file = FileBytes.Open(path);
        return new PeftZip(path, ZipDirectory.Read(file));
    }

    internal bool Has(string name) => _entries.ContainsKey(_top + name);

    /// <summary>Unpacks a file that is there; the caller owns it.</summary>
    internal FileBytes Unpack(string name) =>
        UnpackedEntry.Open(_path, _entries[_top + name], Math.Max(LeastUnpacked, MostGrowth * new FileInfo(_path).Length));

    /// <summary>The one folder in which all files lie, with its slash; else nothing.</summary>
    private static string TopOf(IReadOnlyList<string> names)
    {
        var top = names[0][..(names[0].IndexOf('/', StringComparison.Ordinal) + 1)];
        return names.All(name => name.StartsWith(top, StringComparison.Ordinal)) ? top : "";
    }
}
