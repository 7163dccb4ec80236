using System.IO.Hashing;

namespace Herd.Engine.Checkpoints;

/// <summary>Finds and reads the pickle of a PyTorch zip container.</summary>
/// <remarks>Entries: <c>root/data.pkl</c>, <c>root/data/key</c> for each storage, perhaps <c>root/byteorder</c>; the root may have any
/// name. A TorchScript archive has code and the code's constants beside them, which are passed over.</remarks>
internal static class PthContainer
{
    private const string PickleName = "data.pkl";
    private const string EarlyScriptName = "model.json";
    private const int MaxPickleBytes = 16 << 20;

    private static readonly string[] Passed = ["code/", "constants/", "extra/"];

    /// <returns>A dictionary, or a module.</returns>
    internal static object ReadRoot(FileBytes file)
    {
        var entries = ZipDirectory.Read(file);
        var pickles = entries.Keys.Where(name => name.Split('/') is [_, PickleName]).ToList();
        if (pickles is not [var pickle])
        {
            throw entries.Keys.Any(name => name.Split('/') is [_, EarlyScriptName])
                ? Refuse(file, $"one entry <root>/{PickleName}", $"{EarlyScriptName} and tensors/, the form of TorchScript before PyTorch 1.4", "Load the file in Python with torch.jit.load and save it again.")
                : Refuse(file, $"one entry <root>/{PickleName}", $"{pickles.Count}", CheckpointException.SaveAgain);
        }

        var root = pickle[..^PickleName.Length];
        Check(file, entries, root);
        var content = PickleReader.Read(ReadEntry(file, entries[pickle]), file.Path, key => entries.GetValueOrDefault($"{root}data/{key}"));
        return content is Dictionary<string, object?> or PthModule
            ? content
            : throw Refuse(file, "a dictionary of tensors", "another value", CheckpointException.SavePlain);
    }

    private static void Check(FileBytes file, IReadOnlyDictionary<string, ZipEntry> entries, string root)
    {
        // A TorchScript archive packs its code, which is not read.
        if (entries.Values.FirstOrDefault(entry => !entry.IsPlain && IsRead(entry.Name[Math.Min(root.Length, entry.Name.Length)..])) is { } packed)
        {
            var found = $"{CheckpointException.Quote(packed.Name)} compressed or encrypted";
            throw Refuse(file, "entries stored as they are", found, CheckpointException.SaveAgain);
        }

        if (entries.GetValueOrDefault(root + "byteorder") is { } order && !ReadEntry(file, order).SequenceEqual("little"u8))
        {
            throw Refuse(file, "byte order 'little'", "another one", "Save the file again on a little-endian machine.");
        }
    }

    private static bool IsRead(string name) =>
        name != "constants.pkl" && !Array.Exists(Passed, folder => name.StartsWith(folder, StringComparison.Ordinal));

    private static byte[] ReadEntry(FileBytes file, ZipEntry entry)
    {
        if (entry.Length > MaxPickleBytes)
        {
            var expected = $"{CheckpointException.Quote(entry.Name)} of at most {MaxPickleBytes} bytes";
            throw Refuse(file, expected, $"{entry.Length}", CheckpointException.SavePlain);
        }

        var bytes = new byte[entry.Length];
        file.Read(entry.Offset, bytes);
        if (Crc32.HashToUInt32(bytes) != entry.Checksum)
        {
            throw Refuse(file, $"{CheckpointException.Quote(entry.Name)} with its checksum", "other bytes", CheckpointException.CopyAgain);
        }

        return bytes;
    }

    private static CheckpointException Refuse(FileBytes file, string expected, string found, string cure)
    {
        return new CheckpointException(file.Path, null, expected, found, cure);
    }
}
