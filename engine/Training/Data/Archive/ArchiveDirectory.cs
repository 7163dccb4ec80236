using Herd.Engine.Checkpoints;

namespace Herd.Engine.Training.Data.Archive;

/// <summary>What an archive says of itself, checked before any of it is unpacked.</summary>
internal static class ArchiveDirectory
{
    private const long FreeBytes = 1 << 20;
    private const int LongestName = 200;
    private const int DeepestName = 8;

    /// <summary>Reads and checks the directory. Names are relative, without <c>..</c>, backslashes or repetition already: <see cref="ZipDirectory"/>.</summary>
    /// <exception cref="CheckpointException">It is over a limit, or holds what does not belong there.</exception>
    internal static IReadOnlyList<ZipEntry> Read(string path, DataArchiveLimits limits)
    {
        using var file = FileBytes.Open(path);
        Expect(file.Length <= limits.MaxArchiveBytes, path, $"an archive of at most {limits.MaxArchiveBytes} bytes", $"{file.Length}");
        var entries = ZipDirectory.Read(file).Values.OrderBy(entry => entry.Offset).ToList();
        Expect(entries.Count <= limits.MaxFiles, path, $"at most {limits.MaxFiles} files", $"{entries.Count}");
        Expect(entries.Exists(entry => entry.Name == DataArchive.DataName), path, $"the file {DataArchive.DataName}", "none");
        Int128 total = 0;
        long end = 0;
        foreach (var entry in entries)
        {
            Check(path, entry, limits);
            Expect(entry.Offset >= end, path, "files that lie apart", $"{CheckpointException.Quote(entry.Name)} within another");
            end = entry.Offset + entry.Length;
            total += entry.ContentLength;
        }

        Expect(total <= limits.MaxBytes, path, $"at most {limits.MaxBytes} bytes when unpacked", $"{total}");
        return entries;
    }

    internal static CheckpointException Refuse(string path, string expected, string found, Exception? inner = null) =>
        new(path, null, expected, found, "Pack data.jsonl, held-out.jsonl and pictures/ again, stored or deflated, without a password.", inner);

    private static void Check(string path, ZipEntry entry, DataArchiveLimits limits)
    {
        var name = CheckpointException.Quote(entry.Name);
        Expect(entry.IsFile, path, "plain files", $"{name}, a link or device");
        Expect(IsKnown(entry.Name), path, "only data.jsonl, held-out.jsonl and files under pictures/ with short, plain names", name);
        Expect(
            entry.ContentLength >= 0 && entry.ContentLength <= FreeBytes + ((Int128)entry.Length * limits.MaxGrowth), path, $"files that grow at most {limits.MaxGrowth} times", $"{name}: {entry.Length} bytes for {entry.ContentLength}");
        Expect(!IsPicture(entry.Name) || entry.ContentLength <= limits.MaxPictureBytes, path, $"pictures of at most {limits.MaxPictureBytes} bytes", $"{name} with {entry.ContentLength}");
    }

    private static bool IsKnown(string name) => name is DataArchive.DataName or DataArchive.HeldOutName
        || (IsPicture(name) && name.Length <= LongestName && name.Split('/').Length <= DeepestName && !name.Any(char.IsControl));

    private static bool IsPicture(string name) => name.StartsWith(DataArchive.PicturesName + "/", StringComparison.Ordinal);

    private static void Expect(bool holds, string path, string expected, string found)
    {
        if (!holds)
        {
            throw Refuse(path, expected, found);
        }
    }
}
