using System.Buffers.Binary;
using System.Text;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Tests.Checkpoints;

/// <summary>Writes pickles operation by operation, sound or not.</summary>
internal sealed class PickleBytes
{
    private readonly List<byte> _bytes = [];

    internal PickleBytes(byte protocol = 2)
    {
        Op(PickleOpcode.Proto, protocol);
    }

    /// <summary>A root dictionary whose entries the action writes.</summary>
    internal static byte[] Dictionary(Action<PickleBytes> entries)
    {
        var pickle = new PickleBytes().Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark);
        entries(pickle);
        return pickle.Op(PickleOpcode.SetItems).Stop();
    }

    internal PickleBytes Op(PickleOpcode opcode, params ReadOnlySpan<byte> argument)
    {
        _bytes.Add((byte)opcode);
        _bytes.AddRange(argument);
        return this;
    }

    internal PickleBytes Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Op(PickleOpcode.BinUnicode, [.. Little(bytes.Length)[..4], .. bytes]);
    }

    internal PickleBytes Number(long value)
    {
        return Op(PickleOpcode.Long1, [8, .. Little(value)]);
    }

    internal PickleBytes Float(double value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        return Op(PickleOpcode.BinFloat, bytes);
    }

    internal PickleBytes Global(string module, string name)
    {
        return Op(PickleOpcode.Global, Encoding.UTF8.GetBytes($"{module}\n{name}\n"));
    }

    internal PickleBytes OrderedDictionary()
    {
        return Global("collections", "OrderedDict").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce);
    }

    internal PickleBytes Storage(string storageClass, string key, long count)
    {
        return Op(PickleOpcode.Mark).Text("storage").Global("torch", storageClass).Text(key).Text("cpu").Number(count).Op(PickleOpcode.Tuple)
            .Op(PickleOpcode.BinPersistentId);
    }

    internal PickleBytes Tensor(string storageClass, string key, long count, long offset, long[] shape, long[] strides)
    {
        return Global("torch._utils", "_rebuild_tensor_v2").Op(PickleOpcode.Mark)
            .Storage(storageClass, key, count).Number(offset).Numbers(shape).Numbers(strides).Op(PickleOpcode.NewFalse).OrderedDictionary()
            .Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
    }

    internal byte[] Stop()
    {
        return [.. Op(PickleOpcode.Stop)._bytes];
    }

    private PickleBytes Numbers(long[] values)
    {
        Op(PickleOpcode.Mark);
        Array.ForEach(values, value => Number(value));
        return Op(PickleOpcode.Tuple);
    }

    private static byte[] Little(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}
