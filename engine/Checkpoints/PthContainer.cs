using System.IO.Hashing;

namespace Herd.Engine.Checkpoints;

/// <summary>Finds and reads the pickle of a PyTorch zip container.</summary>
/// <remarks>Entries: <c>root/data.pkl</c>, <c>root/data/key</c> for each storage, perhaps <c>root/byteorder</c>; the root may have any name.</remarks>
internal static class PthContainer
{
    private const string PickleName = "data.pkl";
    private const string ByteOrderName = "byteorder";
    private const int MaxPickleBytes = 16 << 20;

    internal static Dictionary<string, object?> ReadRoot(FileBytes file)
    {
        var entries = ZipDirectory.Read(file);
        var pickles = entries.Keys.Where(name => name.EndsWith("/" + PickleName, StringComparison.Ordinal) && name.Count(c => c == '/') == 1).ToList();
        if (pickles is not [var pickle])
        {
            throw Refuse(file, $"one entry <root>/{PickleName}", $"{pickles.Count}", "Save the file again with torch.save.");
        }

        var root = pickle[..^PickleName.Length];
        if (entries.ContainsKey(root + "constants.pkl") || entries.Keys.Any(name => name.StartsWith(root + "code/", StringComparison.Ordinal)))
        {
            throw Refuse(
                file, "a saved dictionary of tensors", "a TorchScript archive, which is a program", "In Python: torch.save(torch.jit.load(path).state_dict(), new_path).");
        }

        if (entries.Values.FirstOrDefault(entry => !entry.IsPlain) is { } packed)
        {
            throw Refuse(file, "entries stored as they are", $"{CheckpointException.Quote(packed.Name)} compressed or encrypted", "Save the file again with torch.save.");
        }

        if (entries.TryGetValue(root + ByteOrderName, out var order) && !ReadEntry(file, order).SequenceEqual("little"u8))
        {
            throw Refuse(file, "byte order 'little'", "another one", "Save the file again on a little-endian machine.");
        }

        return PickleReader.Read(ReadEntry(file, entries[pickle]), file.Path, key => entries.GetValueOrDefault($"{root}data/{key}")) as Dictionary<string, object?>
            ?? throw Refuse(file, "a dictionary of tensors", "another value", "Save a flat dictionary of tensors, or {'model': tensors, 'config': values}.");
    }

    private static byte[] ReadEntry(FileBytes file, ZipEntry entry)
    {
        if (entry.Length > MaxPickleBytes)
        {
            throw Refuse(file, $"{CheckpointException.Quote(entry.Name)} of at most {MaxPickleBytes} bytes", $"{entry.Length}", "Save only tensors and a few settings.");
        }

        var bytes = new byte[entry.Length];
        file.Read(entry.Offset, bytes);
        if (Crc32.HashToUInt32(bytes) != entry.Checksum)
        {
            throw Refuse(file, $"{CheckpointException.Quote(entry.Name)} with its checksum", "other bytes", "The file is damaged; copy it again.");
        }

        return bytes;
    }

    private static CheckpointException Refuse(FileBytes file, string expected, string found, string cure)
    {
        return new CheckpointException(file.Path, null, expected, found, cure);
    }
}
