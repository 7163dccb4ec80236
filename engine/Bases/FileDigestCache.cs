using System.Text.Json;

namespace Herd.Engine.Bases;

/// <summary>By what a file is taken to be the one it was: path, length and time of the last change.</summary>
/// <param name="Path">The whole path, links followed.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Changed">Ticks of the last change, in UTC.</param>
internal readonly record struct FileStamp(string Path, long Length, long Changed)
{
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return new FileStamp(target.FullName, target.Length, target.LastWriteTimeUtc.Ticks);
    }
}

/// <summary>Remembers the digests of large files beside path, length and time of change, so that a second start need not read them whole.</summary>
/// <remarks>A small JSON file, replaced as a whole. Whatever is wrong with it, it is as if it were empty. Thread-safe.</remarks>
/// <param name="path">Where it is kept; its folder is made where it is missing.</param>
public sealed class FileDigestCache(string path)
{
    private const int MaxEntries = 1000;
    private const int MaxBytes = 4 << 20;

    private readonly Lock _gate = new();

    internal byte[]? Find(FileStamp stamp)
    {
        lock (_gate)
        {
            return Read().Find(entry => entry.Stamp == stamp)?.Sha256;
        }
    }

    internal void Add(FileStamp stamp, byte[] digest)
    {
        lock (_gate)
        {
            var entries = Read();
            entries.RemoveAll(entry => entry.Path == stamp.Path);
            entries.Add(new Entry { Path = stamp.Path, Length = stamp.Length, Changed = stamp.Changed, Sha256 = digest });
            Write(entries.TakeLast(MaxEntries));
        }
    }

    private List<Entry> Read()
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MaxBytes }
                ? JsonSerializer.Deserialize<List<Entry>>(File.ReadAllBytes(path))?.FindAll(entry => entry is { Sha256.Length: 32 }) ?? []
                : [];
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A cache that cannot be written costs time, nothing else.</summary>
    private void Write(IEnumerable<Entry> entries)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllBytes(partial, JsonSerializer.SerializeToUtf8Bytes(entries));
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
        }
    }

    private sealed record Entry
    {
        public required string Path { get; init; }

        public required long Length { get; init; }

        public required long Changed { get; init; }

        public required byte[] Sha256 { get; init; }

        internal FileStamp Stamp => new(Path, Length, Changed);
    }
}
