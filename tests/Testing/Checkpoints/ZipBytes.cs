using System.IO.Compression;

namespace Herd.Testing.Checkpoints;

/// <summary>Makes and takes apart zip containers with the framework's own implementation.</summary>
public static class ZipBytes
{
    /// <summary>A container of the given entries, in their order; names may be hostile or repeated.</summary>
    public static byte[] Pack(IEnumerable<(string Name, byte[] Content)> entries, CompressionLevel compression = CompressionLevel.NoCompression) =>
        Pack(entries, (_, _) => compression);

    /// <summary>The same, each compressed as a function of its name and content says.</summary>
    public static byte[] Pack(IEnumerable<(string Name, byte[] Content)> entries, Func<string, byte[], CompressionLevel> compression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, compression(name, content)).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The entries of a container.</summary>
    public static (string Name, byte[] Content)[] Unpack(byte[] container)
    {
        using var zip = new ZipArchive(new MemoryStream(container));
        return [.. zip.Entries.Select(entry =>
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            return (entry.FullName, content.ToArray());
        })];
    }
}
