using System.IO.Compression;
using System.Text;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Herd's single file: the folder's files in a zip container, stored, so that components are read where they lie.</summary>
internal static class HerdArchive
{
    internal const string Extension = ".herd";

    // The zip format's first moment: bytes depend on content alone.
    private static readonly DateTimeOffset Timeless = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether a file is a zip container with a manifest in it; a PyTorch file has none.</summary>
    internal static bool Looks(string path)
    {
        using var file = FileBytes.Open(path);
        return PthFile.Looks(file) && ZipDirectory.Read(file).ContainsKey(ComponentNames.ManifestFile);
    }

    internal static HerdFiles Open(string path)
    {
        using var file = FileBytes.Open(path);
        var entries = ZipDirectory.Read(file);
        var manifest = entries[ComponentNames.ManifestFile];
        var components = new Dictionary<string, Func<SafetensorsFile>>();
        foreach (var entry in entries.Values.Where(entry => entry != manifest))
        {
            var name = Path.GetFileNameWithoutExtension(entry.Name);
            if (entry.Name != ComponentNames.FileOf(name) || !ComponentNames.All.Contains(name))
            {
                throw ManifestJson.Refuse(path, $"only {ComponentNames.ManifestFile} and components", CheckpointException.Quote(entry.Name));
            }

            components[name] = () => SafetensorsFile.Open(path, entry.Offset, entry.Length);
        }

        return new HerdFiles(path, HerdFiles.ReadText(file, manifest.Offset, manifest.Length), components);
    }

    /// <summary>Writes beside the place first, so that the file is there whole or not at all.</summary>
    internal static void Write(AdapterPackage package, string path)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var archive = ZipFile.Open(partial, ZipArchiveMode.Create))
            {
                Add(archive, ComponentNames.ManifestFile, stream => stream.Write(Encoding.UTF8.GetBytes(package.ManifestJson)));
                foreach (var component in package.Components)
                {
                    Add(archive, ComponentNames.FileOf(component.Name), component.WriteTo);
                }
            }

            File.Move(partial, path);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Timeless;
        using var stream = entry.Open();
        write(stream);
    }
}
