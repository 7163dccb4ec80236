namespace Herd.Fuzz;

/// <summary>A folder in memory for the files that readers want by path.</summary>
internal sealed class ScratchFiles : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"herd-fuzz-{Guid.NewGuid():N}");

    public ScratchFiles() => Directory.CreateDirectory(_folder);

    /// <summary>The place of a file, in a folder of the target's own.</summary>
    public string this[string target, string name]
    {
        get
        {
            Directory.CreateDirectory(Path.Combine(_folder, target));
            return Path.Combine(_folder, target, name);
        }
    }

    /// <summary>Writes a file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string target, string name, byte[] bytes)
    {
        var path = this[target, name];
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
