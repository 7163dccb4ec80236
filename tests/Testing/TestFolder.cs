namespace Herd.Testing;

/// <summary>A folder of a test's own, gone with it.</summary>
public sealed class TestFolder : IDisposable
{
    /// <summary>Where it lies.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("herd-test-").FullName;

    /// <summary>A place inside it.</summary>
    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a file inside it.</summary>
    /// <returns>Where it lies.</returns>
    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = In(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
