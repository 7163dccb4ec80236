using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Herd.Contracts.Blobs;

/// <summary>Makes renames survive a power loss: on Linux a folder's entries are durable only once the folder itself is synced.</summary>
internal static class DurableFolder
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x90000;

    internal static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(folder + '\0', ReadOnlyDirectoryCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"{folder}: cannot be opened to be synced.", new Win32Exception());
        }

        try
        {
            if (Sync(descriptor) != 0)
            {
                throw new IOException($"{folder}: cannot be synced.", new Win32Exception());
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static int Open(string path, int flags) => OpenBytes(System.Text.Encoding.UTF8.GetBytes(path), flags);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenBytes(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
