using System.IO.Compression;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>A PEFT folder, or a zip of one: its configuration, and its open file of tensors.</summary>
internal sealed class PeftFiles : IDisposable
{
    private const long LeastUnpacked = 1 << 20;
    private const int MostGrowth = 8; // weights hardly shrink; what grows more is no adapter

    private static readonly string[] Weights = ["adapter_model.safetensors", "adapter_model.bin"];
    private static readonly string[] Passed = ["README.md", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model", "training_args.bin", ".gitattributes"];

    private readonly DirectoryInfo? _unpacked;

    private PeftFiles(string folder, DirectoryInfo? unpacked = null)
    {
        _unpacked = unpacked;
        try
        {
            using (var config = FileBytes.Open(Path.Combine(folder, PeftConfig.FileName)))
            {
                Config = PeftConfig.Read(config, 0, config.Length);
            }

            var present = Weights.Where(name => File.Exists(Path.Combine(folder, name))).ToList();
            Tensors = present is [var only]
                ? TensorFile.Open(Path.Combine(folder, only))
                : throw Refuse(folder, $"one of {string.Join(" and ", Weights)}", present.Count == 0 ? "none" : "both");
        }
        catch
        {
            _unpacked?.Delete(recursive: true);
            throw;
        }
    }

    internal PeftConfig Config { get; }

    internal ITensorFile Tensors { get; }

    /// <summary>Whether a folder, or a zip file, is PEFT's.</summary>
    internal static bool Looks(string path)
    {
        if (Directory.Exists(path))
        {
            return File.Exists(Path.Combine(path, PeftConfig.FileName));
        }

        using var file = FileBytes.Open(path);
        return PthFile.Looks(file) && ZipDirectory.Read(file).Keys.Any(name => NameWithin(name) == PeftConfig.FileName);
    }

    /// <exception cref="CheckpointException">The configuration or the tensors' file is missing, not sound, or asks for what is not supported.</exception>
    internal static PeftFiles Open(string path)
    {
        if (Directory.Exists(path))
        {
            return new PeftFiles(path);
        }

        var folder = Directory.CreateTempSubdirectory("herd-peft-");
        try
        {
            Unpack(path, folder.FullName);
        }
        catch (Exception error)
        {
            folder.Delete(recursive: true);
            throw error is InvalidDataException ? Refuse(path, "a sound zip file", error.Message.TrimEnd('.')) : error;
        }

        return new PeftFiles(folder.FullName, folder);
    }

    public void Dispose()
    {
        Tensors.Dispose();
        _unpacked?.Delete(recursive: true);
    }

    /// <summary>Unpacks the files that are wanted, under the names that are known, and no more than a few times what the zip has.</summary>
    private static void Unpack(string path, string folder)
    {
        using (var file = FileBytes.Open(path))
        {
            // Names are checked here: nothing relative, nothing twice.
            _ = ZipDirectory.Read(file);
        }

        var room = Math.Max(LeastUnpacked, MostGrowth * new FileInfo(path).Length);
        using var zip = ZipFile.OpenRead(path);
        foreach (var entry in zip.Entries)
        {
            var name = NameWithin(entry.FullName);
            if (name != PeftConfig.FileName && !Weights.Contains(name))
            {
                _ = Passed.Contains(name) ? 0 : throw Refuse(path, $"only {PeftConfig.FileName} and the tensors' file", CheckpointException.Quote(entry.FullName));
                continue;
            }

            if (File.Exists(Path.Combine(folder, name)))
            {
                throw Refuse(path, "every file once", CheckpointException.Quote(entry.FullName));
            }

            using var source = entry.Open();
            using var target = new FileStream(Path.Combine(folder, name), FileMode.CreateNew);
            room = Copy(source, target, room, path);
        }
    }

    private static long Copy(Stream source, FileStream target, long room, string path)
    {
        var buffer = new byte[1 << 16];
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            room -= read;
            if (room < 0)
            {
                throw Refuse(path, $"at most {MostGrowth} times its bytes when unpacked", "more");
            }

            target.Write(buffer, 0, read);
        }

        return room;
    }

    /// <summary>The files may lie in one folder within the zip.</summary>
    private static string NameWithin(string name) => name.Split('/') is [_, var inner] ? inner : name;

    private static CheckpointException Refuse(string path, string expected, string found) =>
        new(Path.TrimEndingDirectorySeparator(path), null, expected, found, "Name the folder that PEFT saved, or a zip of it.");
}
