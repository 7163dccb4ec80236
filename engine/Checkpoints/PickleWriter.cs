using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Herd.Engine.Checkpoints;

/// <summary>Writes a pickle of protocol 2, the one that <c>torch.save</c> takes. Nothing is kept in its memo, which only makes pickles shorter.</summary>
internal sealed class PickleWriter
{
    private const byte Protocol = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public PickleWriter()
    {
        Write(PickleOpcode.Proto);
        _bytes.Write([Protocol]);
    }

    public void Write(PickleOpcode code) => _bytes.Write([(byte)code]);

    public void Global(string module, string name)
    {
        Write(PickleOpcode.Global);
        _bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    public void Text(string text)
    {
        Write(PickleOpcode.BinUnicode);
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _bytes.Write(length);
        _bytes.Write(bytes);
    }

    public void Truth(bool value) => Write(value ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);

    public void Integer(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                Write(PickleOpcode.BinInt1, bytes[..1]);
                return;
            case >= 0 and <= ushort.MaxValue:
                Write(PickleOpcode.BinInt2, bytes[..2]);
                return;
            case >= int.MinValue and <= int.MaxValue:
                Write(PickleOpcode.BinInt, bytes[..4]);
                return;
            default:
                Write(PickleOpcode.Long1, [sizeof(long), .. bytes]);
                return;
        }
    }

    public void Number(double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        Write(PickleOpcode.BinFloat, bytes);
    }

    public void Integers(ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
        {
            Write(PickleOpcode.EmptyTuple);
            return;
        }

        Write(PickleOpcode.Mark);
        foreach (var value in values)
        {
            Integer(value);
        }

        Write(PickleOpcode.Tuple);
    }

    /// <returns>The whole pickle.</returns>
    public byte[] Finish()
    {
        Write(PickleOpcode.Stop);
        return _bytes.WrittenSpan.ToArray();
    }

    private void Write(PickleOpcode code, ReadOnlySpan<byte> argument)
    {
        Write(code);
        _bytes.Write(argument);
    }
}
