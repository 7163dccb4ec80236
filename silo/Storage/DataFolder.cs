using Microsoft.Extensions.Options;

namespace Herd.Silo.Storage;

/// <summary>Where things lie in the data folder.</summary>
internal sealed class DataFolder(IOptions<StorageOptions> options)
{
    internal string Root { get; } = Path.GetFullPath(options.Value.DataFolder);

    internal bool Shared { get; } = options.Value.Shared;

    internal string Database => Path.Combine(Root, "herd.db");

    internal string DigestCache => Path.Combine(Root, "digests.json");

    internal string Training => Path.Combine(Root, "training");

    internal string Blobs => Path.Combine(Root, "blobs");

    // Another machine that mounts the folder has devices of its own.
    private string Owner { get; } = options.Value.Database == StorageOptions.Sqlite ? "" : "@" + Environment.MachineName;

    internal IDisposable LockAll() => FileLock.Take(Path.Combine(Root, "locks", "data.lock"), Shared);

    internal IDisposable LockDevice(string device) =>
        FileLock.Take(Path.Combine(Root, "locks", $"device-{device.Replace(':', '-')}{Owner}.lock"), shared: false);
}
