using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Herd's folder: <c>manifest.json</c> and <c>&lt;component&gt;.safetensors</c>.</summary>
internal static class HerdFolder
{
    internal static HerdFiles Open(string path)
    {
        var manifest = Path.Combine(path, ComponentNames.ManifestFile);
        if (!File.Exists(manifest))
        {
            throw new CheckpointException(
                Path.TrimEndingDirectorySeparator(path), null, $"a folder with {ComponentNames.ManifestFile}", "none in it",
                "Name the folder of a converted adapter, or an adapter's file.");
        }

        using var file = FileBytes.Open(manifest);
        var components = Directory.EnumerateFiles(path, "*" + ComponentNames.Extension).ToDictionary(
            component => Path.GetFileNameWithoutExtension(component), component => (Func<SafetensorsFile>)(() => SafetensorsFile.Open(component)));
        return new HerdFiles(manifest, HerdFiles.ReadText(file, 0, file.Length), components);
    }

    /// <summary>Writes beside the place first, so that the folder is there whole or not at all.</summary>
    internal static void Write(AdapterPackage package, string path)
    {
        var partial = $"{Path.TrimEndingDirectorySeparator(path)}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(partial);
        try
        {
            File.WriteAllText(Path.Combine(partial, ComponentNames.ManifestFile), package.ManifestJson);
            foreach (var component in package.Components)
            {
                using var file = File.Create(Path.Combine(partial, ComponentNames.FileOf(component.Name)));
                component.WriteTo(file);
            }

            Directory.Move(partial, path);
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }
    }
}
