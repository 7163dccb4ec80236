using System.IO.Compression;
using System.IO.Hashing;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Training.Data.Archive;

/// <summary>
/// Training data as one file to be sent: a zip of <c>data.jsonl</c>, perhaps <c>held-out.jsonl</c>, and the pictures that they name under <c>pictures/</c>, stored or
/// deflated. Safe on files from strangers.
/// </summary>
public static class DataArchive
{
    internal const string DataName = "data.jsonl";
    internal const string HeldOutName = "held-out.jsonl";
    internal const string PicturesName = "pictures";

    private const int PieceBytes = 1 << 16;

    /// <summary>Checks an archive and unpacks it: beside the place first, so that it is there whole or not at all.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="folder">The folder to make; nothing may be there.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left.</param>
    /// <returns>What lies in the folder. Single rows are not looked at: bad ones are told while they are learned.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: it is damaged, hostile, over a limit, without rows, or the place is taken.</exception>
    /// <exception cref="OperationCanceledException">The work was ended.</exception>
    public static UnpackedData Unpack(string path, string folder, DataArchiveLimits limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limits);
        limits.Validate();
        if (Path.Exists(folder))
        {
            throw new CheckpointException(folder, null, "a place where nothing is yet", "a file or folder", "Name another place.");
        }

        var entries = ArchiveDirectory.Read(path, limits);
        var partial = $"{Path.TrimEndingDirectorySeparator(folder)}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(Path.Combine(partial, PicturesName));
            UnpackAll(path, entries, partial, cancellationToken);
            CheckRows(partial, limits);
            Directory.Move(partial, folder);
            return UnpackedData.Open(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw ArchiveDirectory.Refuse(path, "files that can be unpacked", error.Message.TrimEnd('.'), error);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    private static void UnpackAll(string path, IReadOnlyList<ZipEntry> entries, string target, CancellationToken cancellationToken)
    {
        using var zip = ZipFile.OpenRead(path);
        var buffer = new byte[PieceBytes];
        foreach (var entry in entries)
        {
            using var content = zip.GetEntry(entry.Name)?.Open() ?? throw ArchiveDirectory.Refuse(path, $"the file {CheckpointException.Quote(entry.Name)}", "none");
            var place = Path.Combine(target, entry.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            using var file = new FileStream(place, FileMode.CreateNew, FileAccess.Write);
            Copy(path, entry, content, file, buffer, cancellationToken);
        }
    }

    /// <summary>Bytes are counted as they come: what the directory says may be a lie.</summary>
    private static void Copy(string path, ZipEntry entry, Stream content, FileStream target, byte[] buffer, CancellationToken cancellationToken)
    {
        var checksum = new Crc32();
        long length = 0;
        for (int read; (read = content.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            length += read;
            if (length > entry.ContentLength)
            {
                break;
            }

            checksum.Append(buffer.AsSpan(0, read));
            target.Write(buffer, 0, read);
        }

        if (length != entry.ContentLength || checksum.GetCurrentHashAsUInt32() != entry.Checksum)
        {
            var found = length == entry.ContentLength ? "others" : length > entry.ContentLength ? "more" : $"{length}";
            throw ArchiveDirectory.Refuse(path, $"the {entry.ContentLength} bytes of {CheckpointException.Quote(entry.Name)} that its directory tells", found);
        }
    }

    private static void CheckRows(string folder, DataArchiveLimits limits)
    {
        foreach (var name in new[] { DataName, HeldOutName }.Where(name => File.Exists(Path.Combine(folder, name))))
        {
            // Counted before they are indexed: an index takes more room than rows of one letter.
            var path = Path.Combine(folder, name);
            if (CountLines(path) is var lines && lines > limits.MaxRows)
            {
                throw ArchiveDirectory.Refuse(path, $"at most {limits.MaxRows} lines", $"{lines}");
            }

            using var file = DataFile.Open(path, DataForm.JsonLines);
            if (file.Rows < 1)
            {
                throw ArchiveDirectory.Refuse(path, "at least one row", "none");
            }
        }
    }

    private static long CountLines(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[PieceBytes];
        long lines = 1;
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return lines;
    }
}
