using System.IO.Compression;
using Herd.Engine.Checkpoints;
using Herd.Testing.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

/// <summary>Writes TorchScript archives as PyTorch's own pickler does.</summary>
/// <remarks>
/// Its habits: protocol 2; whole numbers in the narrowest form; texts, names of classes and storages are remembered by number when they first appear and recalled
/// afterwards, and so are objects and tensors that others hold too. Beside the pickle lie the code, compressed from 200 bytes on, and its constants.
/// </remarks>
internal sealed class TorchScriptBytes
{
    private const string Root = "clip/";
    private const int LeastCompressed = 200;

    private readonly PickleBytes _pickle = new();
    private readonly Dictionary<string, uint> _remembered = [];
    private readonly List<(string Name, byte[] Content)> _entries = [];
    private uint _memo;
    private int _classes;

    /// <summary>An archive of modules that hold tensors, by dotted names.</summary>
    internal static byte[] Pack(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var archive = new TorchScriptBytes();
        archive.Module([.. tensors.Select(tensor => (tensor.Key.Split('.'), tensor.Value))]);
        archive._entries.AddRange([
            ("data.pkl", archive._pickle.Stop()),
            ("code/__torch__/model.py", Enumerable.Repeat("raise SystemExit\n"u8.ToArray(), 40).SelectMany(line => line).ToArray()),
            ("code/__torch__/model.py.debug_pkl", new byte[300]),
            ("constants/0", PthBytes.Floats(4)),
            ("constants.pkl", new PickleBytes().Tensor("FloatStorage", "0", 4, 0, [4], [1]).Op(PickleOpcode.Tuple1).Stop()),
            ("version", "3\n"u8.ToArray()),
        ]);
        return ZipBytes.Pack(archive._entries.Select(entry => (Root + entry.Name, entry.Content)), (name, content) => name.StartsWith(Root + "code/", StringComparison.Ordinal) && content.Length > LeastCompressed ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
    }

    private void Module(List<(string[] Names, Tensor Value)> tensors)
    {
        Global($"__torch__.torch.nn.modules.module.___torch_mangle_{_classes++}", "Module");
        _pickle.Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.NewObject).Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark);
        Text("training");
        _pickle.Op(PickleOpcode.NewFalse);
        Text("_is_full_backward_hook");
        _pickle.Op(PickleOpcode.None);
        Text("sizes");
        Sizes();
        Text("names");
        Names();
        foreach (var attribute in tensors.GroupBy(tensor => tensor.Names[0]))
        {
            Text(attribute.Key);
            if (attribute.First() is { Names.Length: 1 } only)
            {
                Tensor(only.Value);
            }
            else
            {
                Module([.. attribute.Select(tensor => (tensor.Names[1..], tensor.Value))]);
            }
        }

        _pickle.Op(PickleOpcode.SetItems).Op(PickleOpcode.Build);
        Put();
    }

    private void Sizes()
    {
        Global("torch.jit._pickle", "build_intlist");
        _pickle.Op(PickleOpcode.Mark).Op(PickleOpcode.EmptyList).Op(PickleOpcode.Mark);
        Array.ForEach([0, 255, 256, 65_536, -1, 1L << 40], Number);
        _pickle.Op(PickleOpcode.Appends).Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
    }

    private void Names()
    {
        Global("torch.jit._pickle", "restore_type_tag");
        _pickle.Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark);
        Text("epsilon");
        _pickle.Float(1e-5).Op(PickleOpcode.SetItems);
        Text("Dict[str, float]");
        _pickle.Op(PickleOpcode.Tuple2).Op(PickleOpcode.Reduce);
    }

    private void Tensor(Tensor tensor)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        _pickle.Op(PickleOpcode.Mark);
        Storage(tensor);
        Number(0);
        Numbers(tensor.shape);
        Numbers(tensor.stride());
        _pickle.Op(PickleOpcode.NewTrue);
        Global("collections", "OrderedDict");
        _pickle.Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce).Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
        Put();
    }

    private void Storage(Tensor tensor)
    {
        var key = $"{_entries.Count}";
        _entries.Add(($"data/{key}", tensor.bytes.ToArray()));
        _pickle.Op(PickleOpcode.Mark);
        Text("storage");
        Global("torch", tensor.dtype switch
        {
            ScalarType.Float16 => "HalfStorage",
            ScalarType.Int64 => "LongStorage",
            _ => "FloatStorage",
        });
        Text(key);
        Text("cuda:0");
        Number(tensor.numel());
        _pickle.Op(PickleOpcode.Tuple).Op(PickleOpcode.BinPersistentId);
        Put();
    }

    private void Numbers(long[] values)
    {
        _pickle.Op(PickleOpcode.Mark);
        Array.ForEach(values, Number);
        _pickle.Op(PickleOpcode.Tuple);
    }

    private void Number(long value)
    {
        _ = value switch
        {
            >= 0 and <= byte.MaxValue => _pickle.Op(PickleOpcode.BinInt1, (byte)value),
            >= 0 and <= ushort.MaxValue => _pickle.Op(PickleOpcode.BinInt2, BitConverter.GetBytes((ushort)value)),
            >= int.MinValue and <= int.MaxValue => _pickle.Op(PickleOpcode.BinInt, BitConverter.GetBytes((int)value)),
            _ => _pickle.Number(value),
        };
    }

    private void Text(string text) => Once($"text {text}", () => _pickle.Text(text));

    private void Global(string module, string name) => Once($"name {module}.{name}", () => _pickle.Global(module, name));

    private void Once(string what, Action write)
    {
        if (_remembered.TryGetValue(what, out var memo))
        {
            _ = memo <= byte.MaxValue ? _pickle.Op(PickleOpcode.BinGet, (byte)memo) : _pickle.Op(PickleOpcode.LongBinGet, BitConverter.GetBytes(memo));
            return;
        }

        write();
        _remembered.Add(what, Put());
    }

    private uint Put()
    {
        _ = _memo <= byte.MaxValue ? _pickle.Op(PickleOpcode.BinPut, (byte)_memo) : _pickle.Op(PickleOpcode.LongBinPut, BitConverter.GetBytes(_memo));
        return _memo++;
    }
}
