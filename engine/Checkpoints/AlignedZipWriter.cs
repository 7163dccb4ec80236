using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Herd.Engine.Checkpoints;

/// <summary>Writes a zip container whose entries are stored, each aligned, so that a reader may map them: PyTorch's kind.</summary>
/// <remarks>Own code because the framework's writer cannot align. Layout: PKWARE APPNOTE.TXT 4.3; the padding is an extra field <c>FB</c>, as PyTorch has it.</remarks>
/// <param name="stream">Where to write, from its beginning; seekable; stays open.</param>
internal sealed class AlignedZipWriter(Stream stream)
{
    /// <summary>Largest container, as no size of its takes more than 32 bits.</summary>
    public const long MaxBytes = uint.MaxValue - 1;

    private const int Alignment = 64;
    private const int LocalBytes = 30;
    private const int CentralBytes = 46;
    private const int EndBytes = 22;
    private const int ExtraHeader = 4;
    private const int ChecksumAt = 14;
    private const ushort PaddingField = 0x4246;
    private const byte Padding = (byte)'Z';
    private const ushort Version = 20;
    private const ushort Utf8Names = 1 << 11;

    private readonly ArrayBufferWriter<byte> _directory = new();
    private ushort _count;

    /// <summary>Writes an entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">How many bytes it will have.</param>
    /// <param name="writePieces">Hands these bytes over, piece by piece.</param>
    public void Add(string name, long length, Action<PieceAction> writePieces)
    {
        var start = stream.Position;
        var bytes = Encoding.UTF8.GetBytes(name);
        var extra = Extra(start + LocalBytes + bytes.Length);
        var local = new byte[LocalBytes];
        UInt32(local, 0, 0x04034b50);
        WriteCommon(local.AsSpan(4), 0, length, bytes.Length);
        UInt16(local, 28, extra.Length);
        stream.Write([.. local, .. bytes, .. extra]);
        var checksum = new Crc32();
        writePieces(piece =>
        {
            checksum.Append(piece);
            stream.Write(piece);
        });
        var end = stream.Position;
        UInt32(local, 0, checksum.GetCurrentHashAsUInt32());
        stream.Position = start + ChecksumAt;
        stream.Write(local.AsSpan(0, sizeof(uint)));
        stream.Position = end;
        AddToDirectory(bytes, checksum.GetCurrentHashAsUInt32(), length, start);
    }

    /// <summary>Writes an entry that is held whole.</summary>
    public void Add(string name, byte[] content) => Add(name, content.Length, write => write(content));

    /// <summary>Writes the directory.</summary>
    public void Finish()
    {
        var end = new byte[EndBytes];
        UInt32(end, 0, 0x06054b50);
        UInt16(end, 8, _count);
        UInt16(end, 10, _count);
        UInt32(end, 12, _directory.WrittenCount);
        UInt32(end, 16, stream.Position);
        stream.Write(_directory.WrittenSpan);
        stream.Write(end);
    }

    private void AddToDirectory(byte[] name, uint checksum, long length, long start)
    {
        var central = new byte[CentralBytes];
        UInt32(central, 0, 0x02014b50);
        UInt16(central, 4, Version);
        WriteCommon(central.AsSpan(6), checksum, length, name.Length);
        UInt32(central, 42, start);
        _directory.Write([.. central, .. name]);
        _count = checked((ushort)(_count + 1));
    }

    /// <summary>What local and central headers share, from the version on. No time is told: bytes depend on content alone.</summary>
    private static void WriteCommon(Span<byte> header, uint checksum, long length, int nameLength)
    {
        UInt16(header, 0, Version);
        UInt16(header, 2, Utf8Names);
        UInt32(header, 10, checksum);
        UInt32(header, 14, length);
        UInt32(header, 18, length);
        UInt16(header, 22, nameLength);
    }

    private static byte[] Extra(long position)
    {
        var padding = (int)(-(position + ExtraHeader) & (Alignment - 1));
        var extra = new byte[ExtraHeader + padding];
        UInt16(extra, 0, PaddingField);
        UInt16(extra, 2, padding);
        extra.AsSpan(ExtraHeader).Fill(Padding);
        return extra;
    }

    private static void UInt16(Span<byte> bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], checked((ushort)value));

    private static void UInt32(Span<byte> bytes, int at, long value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], checked((uint)value));
}
