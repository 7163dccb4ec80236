using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>A file read by position, from any thread, never beyond the length it had when it was opened.</summary>
internal sealed class FileBytes : IDisposable
{
    private readonly SafeFileHandle _handle;

    private FileBytes(string path, SafeFileHandle handle, long start, long length)
    {
        Path = path;
        Length = length;
        _handle = handle;
        Start = start;
    }

    internal string Path { get; }

    internal long Length { get; }

    /// <summary>Where it begins in the file at <see cref="Path"/>; 0 but for a part of a file.</summary>
    internal long Start { get; }

    internal static FileBytes Open(string path)
    {
        try
        {
            var handle = File.OpenHandle(path);
            return new FileBytes(path, handle, 0, RandomAccess.GetLength(handle));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            var found = error is FileNotFoundException or DirectoryNotFoundException ? "none" : error.GetType().Name;
            throw new CheckpointException(path, null, "a readable file", found, "Check the path.", error);
        }
    }

    /// <summary>Takes over a file that is open already.</summary>
    /// <param name="path">What errors call it.</param>
    /// <param name="handle">The open file.</param>
    internal static FileBytes Of(string path, SafeFileHandle handle) => new(path, handle, 0, RandomAccess.GetLength(handle));

    /// <summary>Opens a part of a file, as if it were a file of its own.</summary>
    internal static FileBytes Open(string path, long start, long length)
    {
        var whole = Open(path);
        if (start >= 0 && length >= 0 && start <= whole.Length - length)
        {
            return new FileBytes(path, whole._handle, start, length);
        }

        whole.Dispose();
        throw new CheckpointException(path, null, $"{length} bytes at {start}", $"a file of {whole.Length} bytes", "The file is cut short; copy it again.");
    }

    /// <summary>Fills the whole target from the given position.</summary>
    internal void Read(long offset, Span<byte> target)
    {
        if (offset < 0 || offset > Length - target.Length)
        {
            var expected = $"{target.Length} bytes at {offset}";
            throw new CheckpointException(Path, null, expected, $"a file of {Length} bytes", CheckpointException.CopyAgain);
        }

        try
        {
            while (!target.IsEmpty)
            {
                var read = RandomAccess.Read(_handle, target, Start + offset);
                if (read == 0)
                {
                    throw new CheckpointException(Path, null, $"{Length} bytes", $"{offset}", CheckpointException.CopyAgain);
                }

                offset += read;
                target = target[read..];
            }
        }
        catch (IOException error)
        {
            throw new CheckpointException(Path, null, "readable data", $"an error at byte {offset}", CheckpointException.CopyAgain, error);
        }
    }

    /// <summary>Fills a contiguous CPU tensor with the bytes from the given position on.</summary>
    internal void Read(long offset, Tensor target)
    {
        TensorBytes.ForEachPiece(target, piece =>
        {
            Read(offset, piece);
            offset += piece.Length;
        });
    }

    public void Dispose()
    {
        _handle.Dispose();
    }
}
