using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace Herd.Engine.Checkpoints;

/// <summary>Unpacks a file of a zip container.</summary>
internal static class UnpackedEntry
{
    private const int PieceBytes = 1 << 16;
    private const string PackAgain = "Pack it again, stored or deflated and without a password.";

    /// <summary>Unpacks into a temporary file that has lost its name before a byte is written, so that it is gone with its handle, even when the process is killed.</summary>
    /// <param name="container">The container's path.</param>
    /// <param name="entry">The file in it, as its directory tells.</param>
    /// <param name="most">The most bytes it may have when unpacked.</param>
    /// <returns>Its content, owned by the caller.</returns>
    /// <exception cref="CheckpointException">It is damaged, or larger.</exception>
    internal static FileBytes Open(string container, ZipEntry entry, long most)
    {
        var handle = Nameless(container);
        try
        {
            using var zip = ZipFile.OpenRead(container);
            using var content = zip.GetEntry(entry.Name)?.Open() ?? throw Refuse(container, entry, "an entry of this name", "none");
            Copy(container, entry, content, handle, most);
            return FileBytes.Of(Path.Combine(container, entry.Name), handle);
        }
        catch (Exception error)
        {
            handle.Dispose();
            throw error switch
            {
                InvalidDataException => Refuse(container, entry, "an entry that can be unpacked", error.Message.TrimEnd('.')),
                IOException => NoRoom(container, error),
                _ => error,
            };
        }
    }

    private static SafeFileHandle Nameless(string container)
    {
        var path = Path.Combine(Path.GetTempPath(), $"herd-{Guid.NewGuid():N}");
        try
        {
            var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
            File.Delete(path);
            return handle;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw NoRoom(container, error);
        }
    }

    private static void Copy(string container, ZipEntry entry, Stream content, SafeFileHandle target, long most)
    {
        var checksum = new Crc32();
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            long length = 0;
            for (int read; (read = content.Read(buffer)) > 0; length += read)
            {
                var piece = buffer.AsSpan(0, read);
                if (length > most - read)
                {
                    throw Refuse(container, entry, $"at most {most} bytes when unpacked", "more");
                }

                checksum.Append(piece);
                RandomAccess.Write(target, piece, length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (checksum.GetCurrentHashAsUInt32() is var found && found != entry.Checksum)
        {
            throw Refuse(container, entry, $"content with checksum {entry.Checksum:x8}", $"{found:x8}");
        }
    }

    private static CheckpointException NoRoom(string container, Exception error) =>
        new(container, null, "room in the temporary folder to unpack in", error.GetType().Name, "Make room there, or unpack the file yourself.", error);

    private static CheckpointException Refuse(string container, ZipEntry entry, string expected, string found) =>
        new(container, null, $"{CheckpointException.Quote(entry.Name)}: {expected}", found, PackAgain);
}
