namespace Herd.Silo.Storage;

/// <summary>A lock that other processes see and that ends with its holder, however that ends.</summary>
internal static class FileLock
{
    /// <summary>Takes a lock, or throws at once.</summary>
    /// <param name="file">The lock file; stays behind empty.</param>
    /// <param name="shared">Whether other shared holders are let in beside this one.</param>
    /// <returns>The held lock.</returns>
    /// <exception cref="DataFolderInUseException">Somebody else holds it.</exception>
    internal static IDisposable Take(string file, bool shared)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            return shared
                ? new FileStream(file, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read)
                : new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(file))
        {
            throw new DataFolderInUseException(file, exception);
        }
    }
}
