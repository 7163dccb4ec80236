namespace Herd.Silo.Storage;

/// <summary>Another process works in the data folder, or on the same device of it.</summary>
/// <param name="lockFile">The lock that the other process holds.</param>
/// <param name="inner">What opening the lock reported.</param>
public sealed class DataFolderInUseException(string lockFile, Exception inner) : Exception(
    $"Another process holds '{lockFile}'. Stop it, or give this process another data folder (Storage:DataFolder).", inner);
