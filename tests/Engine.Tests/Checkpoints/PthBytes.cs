using System.Runtime.InteropServices;
using Herd.Testing.Checkpoints;

namespace Herd.Engine.Tests.Checkpoints;

/// <summary>Makes PyTorch containers.</summary>
internal static class PthBytes
{
    internal const string Root = "archive/";

    /// <summary>A container of a pickle and of one float storage "0" that holds 0, 1, 2, ...</summary>
    internal static byte[] Pack(byte[] pickle, int floats = 0, params (string Name, byte[] Content)[] more)
    {
        return ZipBytes.Pack([(Root + "data.pkl", pickle), (Root + "data/0", Floats(floats)), .. more]);
    }

    /// <summary>A container with one float tensor "w" over such a storage.</summary>
    internal static byte[] PackTensor(int floats, long offset, long[] shape, long[] strides)
    {
        return Pack(PickleBytes.Dictionary(pickle => pickle.Text("w").Tensor("FloatStorage", "0", floats, offset, shape, strides)), floats);
    }

    internal static byte[] Floats(int count)
    {
        return MemoryMarshal.AsBytes(Enumerable.Range(0, count).Select(i => (float)i).ToArray().AsSpan()).ToArray();
    }
}
