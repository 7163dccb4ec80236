using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>A PEFT folder, or a zip of one: its configuration, and its open file of tensors.</summary>
internal sealed class PeftFiles : IDisposable
{
    private static readonly string[] Weights = ["adapter_model.safetensors", "adapter_model.bin"];

    private PeftFiles(string path, Func<string, bool> has, Func<string, FileBytes> open)
    {
        using (var config = open(PeftConfig.FileName))
        {
            Config = PeftConfig.Read(config, 0, config.Length);
        }

        var present = Weights.Where(has).ToList();
        Tensors = present is [var only]
            ? TensorFile.Open(open(only))
            : throw Refuse(path, $"one of {string.Join(" and ", Weights)}", present.Count == 0 ? "none" : "both");
    }

    /// <summary>The files that are read.</summary>
    internal static IReadOnlySet<string> Known { get; } = new HashSet<string>([PeftConfig.FileName, .. Weights]);

    internal PeftConfig Config { get; }

    internal ITensorFile Tensors { get; }

    /// <summary>Whether a folder, or a zip file, is PEFT's.</summary>
    internal static bool Looks(string path) => Directory.Exists(path) ? File.Exists(Path.Combine(path, PeftConfig.FileName)) : PeftZip.Looks(path);

    /// <exception cref="CheckpointException">The configuration or the tensors' file is missing, not sound, or asks for what is not supported.</exception>
    internal static PeftFiles Open(string path)
    {
        if (Directory.Exists(path))
        {
            return new PeftFiles(path, name => File.Exists(Path.Combine(path, name)), name => FileBytes.Open(Path.Combine(path, name)));
        }

        var zip = PeftZip.Open(path);
        return new PeftFiles(path, zip.Has, zip.Unpack);
    }

    public void Dispose() => Tensors.Dispose();

    internal static CheckpointException Refuse(string path, string expected, string found) =>
        new(Path.TrimEndingDirectorySeparator(path), null, expected, found, "Name the folder that PEFT saved, or a zip of it.");
}
