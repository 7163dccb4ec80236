using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Herd.Engine.Checkpoints;

/// <summary>One stored file of a zip container.</summary>
/// <param name="Name">Its full name, with forward slashes.</param>
/// <param name="Offset">Where its bytes begin in the container.</param>
/// <param name="Length">How many bytes it takes there.</param>
/// <param name="Checksum">The CRC-32 of its content.</param>
/// <param name="IsPlain">Its bytes are its content: neither compressed nor encrypted.</param>
/// <param name="ContentLength">How many bytes its content has, as the directory tells.</param>
/// <param name="IsFile">Whether it is a plain file, no link or device.</param>
internal sealed record ZipEntry(string Name, long Offset, long Length, uint Checksum, bool IsPlain, long ContentLength, bool IsFile);

/// <summary>Reads the central directory of a zip container the way PyTorch writes it: nothing behind the end record, every offset from the
/// start of the file.</summary>
/// <remarks>Own code because tensors are read by position: the framework's reader hides where an entry's bytes lie. Layout: PKWARE
/// APPNOTE.TXT 4.3.</remarks>
internal sealed class ZipDirectory
{
    private const int EndBytes = 22;
    private const int End64Bytes = 56;
    private const int LocatorBytes = 20;
    private const int CentralBytes = 46;
    private const int LocalBytes = 30;
    private const int MaxDirectoryBytes = 16 << 20;
    private const ushort UnixKind = 0xf000;
    private const ushort UnixFile = 0x8000;
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint LocatorSignature = 0x07064b50;
    private const uint CentralSignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;

    private readonly FileBytes _file;
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, ZipEntry> _entries = [];

    private ZipDirectory(FileBytes file)
    {
        _file = file;
    }

    /// <summary>Reads and checks the directory.</summary>
    /// <returns>The files by name. Folders, which some programs list too, are checked and left out.</returns>
    internal static IReadOnlyDictionary<string, ZipEntry> Read(FileBytes file)
    {
        var directory = new ZipDirectory(file);
        var (offset, length, count) = directory.Locate();
        if (offset < 0 || length < 0 || length > MaxDirectoryBytes || offset > file.Length - length)
        {
            throw directory.Refuse($"a directory inside the file of {file.Length} bytes", $"{length} bytes at {offset}");
        }

        var bytes = new byte[length];
        file.Read(offset, bytes);
        directory.Parse(bytes, offset);
        if (directory._names.Count != count)
        {
            throw directory.Refuse($"{count} entries", $"{directory._names.Count}");
        }

        return directory._entries;
    }

    private (long Offset, long Length, long Count) Locate()
    {
        Span<byte> end = stackalloc byte[EndBytes];
        _file.Read(_file.Length - EndBytes, end);
        if (UInt32(end, 0) != EndSignature || UInt16(end, 20) != 0)
        {
            throw Refuse("a zip end record at the end of the file", "other bytes");
        }

        if (_file.Length >= EndBytes + LocatorBytes)
        {
            Span<byte> locator = stackalloc byte[LocatorBytes];
            _file.Read(_file.Length - EndBytes - LocatorBytes, locator);
            if (UInt32(locator, 0) == LocatorSignature)
            {
                return Locate64(Int64(locator, 8));
            }
        }

        return (UInt32(end, 16), UInt32(end, 12), UInt16(end, 10));
    }

    private (long Offset, long Length, long Count) Locate64(long offset)
    {
        Span<byte> end = stackalloc byte[End64Bytes];
        _file.Read(offset, end);
        if (UInt32(end, 0) != End64Signature)
        {
            throw Refuse("a zip64 end record", $"other bytes at {offset}");
        }

        return (Int64(end, 48), Int64(end, 40), Int64(end, 32));
    }

    private void Parse(ReadOnlySpan<byte> bytes, long directoryOffset)
    {
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < CentralBytes || UInt32(bytes, 0) != CentralSignature)
            {
                throw Refuse("a zip directory entry", "other bytes");
            }

            var nameLength = UInt16(bytes, 28);
            var extraLength = UInt16(bytes, 30);
            var total = CentralBytes + nameLength + extraLength + UInt16(bytes, 32);
            if (bytes.Length < total)
            {
                throw Refuse("whole directory entries", "a cut one");
            }

            var (name, isFolder) = ReadName(bytes.Slice(CentralBytes, nameLength));
            Add(ReadEntry(name, bytes[..CentralBytes], bytes.Slice(CentralBytes + nameLength, extraLength), directoryOffset), isFolder);
            bytes = bytes[total..];
        }
    }

    private void Add(ZipEntry entry, bool isFolder)
    {
        if (!_names.Add(entry.Name))
        {
            throw Refuse("every entry once", $"{CheckpointException.Quote(entry.Name)} twice");
        }

        if (!isFolder)
        {
            _entries.Add(entry.Name, entry);
        }
        else if (entry.Length > 0)
        {
            throw Refuse("folders without content", $"{CheckpointException.Quote(entry.Name)} with {entry.Length} bytes");
        }
    }

    /// <summary>A name with a slash at its end is a folder's.</summary>
    private (string Name, bool IsFolder) ReadName(ReadOnlySpan<byte> bytes)
    {
        var isFolder = bytes is [.., (byte)'/'];
        var name = Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(isFolder ? bytes[..^1] : bytes) : "";
        if (name.Length == 0 || name.Contains('\\') || name.Contains('\0') || name.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw Refuse("plain relative entry names", CheckpointException.Quote(name));
        }

        return (name, isFolder);
    }

    private ZipEntry ReadEntry(string name, ReadOnlySpan<byte> central, ReadOnlySpan<byte> extra, long directoryOffset)
    {
        // Sizes that 32 bits cannot hold stand in the extra field, in this order.
        var wide = Zip64Field(extra);
        var contentLength = Widen(UInt32(central, 24), ref wide);
        var length = Widen(UInt32(central, 20), ref wide);
        var local = Widen(UInt32(central, 42), ref wide);

        Span<byte> header = stackalloc byte[LocalBytes];
        _file.Read(local, header);
        var offset = local + LocalBytes + UInt16(header, 26) + UInt16(header, 28);
        if (UInt32(header, 0) != LocalSignature || length < 0 || offset > directoryOffset - length)
        {
            throw Refuse("entries that lie before the directory", CheckpointException.Quote(name));
        }

        var encrypted = (UInt16(central, 8) & 1) != 0;
        var method = UInt16(central, 10);
        var isPlain = !encrypted && method == 0 && length == contentLength;
        return new ZipEntry(name, offset, length, UInt32(central, 16), isPlain, contentLength, IsFile(central));
    }

    /// <summary>The upper half of the attributes is a Unix mode, where the writing program gave one.</summary>
    private static bool IsFile(ReadOnlySpan<byte> central) => (UInt16(central, 40) & UnixKind) is 0 or UnixFile;

    private ReadOnlySpan<byte> Zip64Field(ReadOnlySpan<byte> extra)
    {
        const int FieldHeader = 4;
        while (extra.Length >= FieldHeader)
        {
            var length = UInt16(extra, 2);
            if (length > extra.Length - FieldHeader)
            {
                throw Refuse("sound extra fields", "a cut one");
            }

            if (UInt16(extra, 0) == 1)
            {
                return extra.Slice(FieldHeader, length);
            }

            extra = extra[(FieldHeader + length)..];
        }

        return [];
    }

    private long Widen(uint value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue)
        {
            return value;
        }

        if (wide.Length < sizeof(long))
        {
            throw Refuse("a zip64 field for a large entry", "none");
        }

        var widened = Int64(wide, 0);
        wide = wide[sizeof(long)..];
        return widened;
    }

    private CheckpointException Refuse(string expected, string found)
    {
        return new CheckpointException(_file.Path, null, expected, found, "Copy the file again, or save it again with torch.save.");
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at)
    {
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at)
    {
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    }

    private static long Int64(ReadOnlySpan<byte> bytes, int at)
    {
        return BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
    }
}
