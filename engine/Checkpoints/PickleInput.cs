using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Herd.Engine.Checkpoints;

/// <summary>The bytes of a pickle and the arguments of its operations, every read checked against the end.</summary>
internal sealed class PickleInput(byte[] bytes, string path)
{
    private const int LongestLine = 256;

    internal int Position { get; private set; }

    internal bool AtEnd => Position == bytes.Length;

    internal PickleOpcode Opcode()
    {
        return (PickleOpcode)Byte();
    }

    internal byte Byte()
    {
        return Take(1)[0];
    }

    internal ushort UInt16()
    {
        return BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));
    }

    internal uint UInt32()
    {
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
    }

    internal ulong UInt64()
    {
        return BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
    }

    internal double Double()
    {
        return BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));
    }

    /// <summary>A little-endian two's complement number of the given length, which 64 bits must hold.</summary>
    internal long Long(int length)
    {
        if (length > sizeof(long))
        {
            throw Refuse("whole numbers of 64 bits", $"one of {length} bytes");
        }

        long value = 0;
        var source = Take(length);
        for (var i = length - 1; i >= 0; i--)
        {
            value = i == length - 1 ? (sbyte)source[i] : value << 8 | source[i];
        }

        return value;
    }

    internal string Text(ulong length)
    {
        return Decode(Take(length));
    }

    /// <summary>Text up to the next line feed.</summary>
    internal string Line()
    {
        var length = bytes.AsSpan(Position).IndexOf((byte)'\n');
        if (length is < 0 or > LongestLine)
        {
            throw Refuse($"a name of at most {LongestLine} bytes", "a longer one");
        }

        var text = Decode(Take((ulong)length));
        Position++;
        return text;
    }

    internal CheckpointException Refuse(string expected, string found)
    {
        return new CheckpointException(path, null, expected, $"{found}, before byte {Position} of its pickle", CheckpointException.SavePlain);
    }

    private string Decode(ReadOnlySpan<byte> text)
    {
        return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw Refuse("text in UTF-8", "other bytes");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        return Take((ulong)length);
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(bytes.Length - Position))
        {
            throw Refuse($"{length} more bytes", $"{bytes.Length - Position}");
        }

        var taken = bytes.AsSpan(Position, (int)length);
        Position += (int)length;
        return taken;
    }
}
