using System.Globalization;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Writes PyTorch files as <c>torch.save</c> does since version 1.6; <c>torch.load</c> reads them, also with <c>weights_only</c>.</summary>
/// <remarks>The bytes depend on names, values and their order alone.</remarks>
public static class PthWriter
{
    private const string Root = "archive/";
    private const string FormatVersion = "3\n";

    /// <summary>Writes a file, replacing one that is there.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="root">
    /// What it holds, in this order: tensors (any shape, strides and device, types as in <see cref="PthFile"/>), dictionaries of the same kind, <see cref="bool"/>,
    /// <see cref="int"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, null.
    /// </param>
    /// <exception cref="ArgumentException">A value or a tensor's type has no place in such a file, or all are too large for it: 4 GiB.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, object?> root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var tensors = new List<Tensor>();
        var pickle = new PickleWriter();
        WriteDictionary(pickle, root, tensors);
        ExpectRoom(tensors);
        using var stream = File.Create(path);
        var zip = new AlignedZipWriter(stream);
        zip.Add(Root + "data.pkl", pickle.Finish());
        zip.Add(Root + "byteorder", "little"u8.ToArray());
        for (var index = 0; index < tensors.Count; index++)
        {
            using var scope = NewDisposeScope();
            var tensor = tensors[index].detach().cpu().contiguous();
            zip.Add(Root + "data/" + Key(index), tensor.numel() * tensor.ElementSize, write => TensorBytes.ForEachPiece(tensor, write));
        }

        zip.Add(Root + "version", System.Text.Encoding.ASCII.GetBytes(FormatVersion));
        zip.Finish();
    }

    private static void WriteDictionary(PickleWriter pickle, IReadOnlyDictionary<string, object?> values, List<Tensor> tensors)
    {
        pickle.Write(PickleOpcode.EmptyDict);
        pickle.Write(PickleOpcode.Mark);
        foreach (var (name, value) in values)
        {
            pickle.Text(name);
            WriteValue(pickle, name, value, tensors);
        }

        pickle.Write(PickleOpcode.SetItems);
    }

    private static void WriteValue(PickleWriter pickle, string name, object? value, List<Tensor> tensors)
    {
        switch (value)
        {
            case null:
                pickle.Write(PickleOpcode.None);
                break;
            case bool truth:
                pickle.Truth(truth);
                break;
            case int or long:
                pickle.Integer(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number:
                pickle.Number(number);
                break;
            case string text:
                pickle.Text(text);
                break;
            case Tensor tensor:
                WriteTensor(pickle, name, tensor, Key(tensors.Count));
                tensors.Add(tensor);
                break;
            case IReadOnlyDictionary<string, object?> values:
                WriteDictionary(pickle, values, tensors);
                break;
            default:
                throw new ArgumentException($"'{name}' of type {value.GetType().Name} has no place in a PyTorch file.", nameof(value));
        }
    }

    /// <summary>A call of <c>_rebuild_tensor_v2(storage, offset, shape, strides, takes gradients, hooks)</c>.</summary>
    private static void WriteTensor(PickleWriter pickle, string name, Tensor tensor, string key)
    {
        var type = StoredType.Of(tensor.dtype)
            ?? throw new ArgumentException($"Tensor '{name}' of type {tensor.dtype} has no place in a PyTorch file.", nameof(tensor));
        pickle.Global("torch._utils", "_rebuild_tensor_v2");
        pickle.Write(PickleOpcode.Mark);
        pickle.Write(PickleOpcode.Mark);
        pickle.Text("storage");
        pickle.Global("torch", type.Storage);
        pickle.Text(key);
        pickle.Text("cpu");
        pickle.Integer(tensor.numel());
        pickle.Write(PickleOpcode.Tuple);
        pickle.Write(PickleOpcode.BinPersistentId);
        pickle.Integer(0);
        pickle.Integers(tensor.shape);
        pickle.Integers(Strides(tensor.shape));
        pickle.Truth(false);
        pickle.Global("collections", "OrderedDict");
        pickle.Write(PickleOpcode.EmptyTuple);
        pickle.Write(PickleOpcode.Reduce);
        pickle.Write(PickleOpcode.Tuple);
        pickle.Write(PickleOpcode.Reduce);
    }

    private static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        for (var (axis, stride) = (shape.Length - 1, 1L); axis >= 0; stride *= Math.Max(shape[axis--], 1))
        {
            strides[axis] = stride;
        }

        return strides;
    }

    private static void ExpectRoom(List<Tensor> tensors)
    {
        const long perEntry = 1024; // headers and padding
        if (tensors.Sum(tensor => (tensor.numel() * tensor.ElementSize) + perEntry) > AlignedZipWriter.MaxBytes || tensors.Count >= ushort.MaxValue - 3)
        {
            throw new ArgumentException($"{tensors.Count} tensors: expected fewer than {ushort.MaxValue - 3}, of less than {AlignedZipWriter.MaxBytes} bytes in all.", nameof(tensors));
        }
    }

    private static string Key(int index) => index.ToString(CultureInfo.InvariantCulture);
}
