using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>A PyTorch file, as <c>torch.save</c> has written it since version 1.6: a zip container of one pickle and the raw data of its
/// tensors. TorchScript archives have the same form; their modules' names, joined by dots, name the tensors.</summary>
/// <remarks>The pickle is read through a white list; nothing in the file is executed. Data is checked against the container's checksums.</remarks>
public sealed class PthFile : ITensorFile
{
    private const string ModelKey = "model";
    private const string ConfigKey = "config";
    private const uint ZipSignature = 0x04034b50;

    // The first bytes of the number that torch.save put in front of its bare pickles.
    private const uint BarePickleSignature = 0x0a8a0280;

    private readonly FileBytes _file;
    private readonly PthData _data;
    private readonly Dictionary<string, PthTensor> _stored = [];

    private PthFile(FileBytes file, object root)
    {
        _file = file;
        _data = new PthData(file);
        Root = (IReadOnlyDictionary<string, object?>)new PthTree(file.Path).Convert("", root)!;
        foreach (var (name, tensor) in root is PthModule module ? module.Tensors() : TensorsOf((Dictionary<string, object?>)root))
        {
            if (!_stored.TryAdd(name, tensor))
            {
                throw Refuse(name, "every name once", "two modules' tensors under it");
            }
        }

        Tensors = _stored.ToDictionary(pair => pair.Key, pair => new TensorInfo(pair.Key, pair.Value.Storage.Type.DType, pair.Value.Shape));
        CheckTotal();
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <summary>All that was saved: dictionaries, lists (tuples too), text, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, null, and
    /// <see cref="TensorInfo"/> where there was a tensor.</summary>
    public IReadOnlyDictionary<string, object?> Root { get; }

    /// <summary>The tensors of the root's <c>model</c> dictionary, where it has one, else those of the root; of a TorchScript archive those of all modules.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens a file, reads its pickle and checks where its data lies.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The open file, owned by the caller.</returns>
    /// <exception cref="CheckpointException">The file is missing, not of this form, or holds something that is not allowed.</exception>
    public static PthFile Open(string path) => Open(FileBytes.Open(path));

    /// <summary>Takes over an open file.</summary>
    internal static PthFile Open(FileBytes file)
    {
        try
        {
            if (Signature(file) is not ZipSignature and var signature)
            {
                var found = signature == BarePickleSignature ? "a bare pickle, the form before PyTorch 1.6" : "another kind of file";
                throw new CheckpointException(file.Path, null, "a PyTorch zip container", found, CheckpointException.SaveAgain);
            }

            return new PthFile(file, PthContainer.ReadRoot(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds a value of the root's <c>config</c> dictionary.</summary>
    /// <typeparam name="T"><see cref="long"/>, <see cref="double"/>, <see cref="bool"/> or <see cref="string"/>.</typeparam>
    /// <param name="name">The key in <c>config</c>.</param>
    /// <param name="value">The value, where there is one.</param>
    /// <returns>Whether the file has that entry.</returns>
    /// <exception cref="CheckpointException">The entry is of another type.</exception>
    public bool TryGetConfig<T>(string name, out T? value)
    {
        value = default;
        if (!Root.TryGetValue(ConfigKey, out var found))
        {
            return false;
        }

        var config = found as IReadOnlyDictionary<string, object?> ?? throw Refuse(null, "a dictionary as 'config'", "another value");
        if (!config.TryGetValue(name, out var entry))
        {
            return false;
        }

        var expected = $"config {CheckpointException.Quote(name)} of type {typeof(T).Name}";
        value = entry is T typed ? typed : throw Refuse(null, expected, entry?.GetType().Name ?? "None");
        return true;
    }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        return _stored.TryGetValue(name, out var tensor) ? _data.Read(Tensors[name], tensor) : throw TensorFile.Missing(this, name);
    }

    /// <inheritdoc/>
    public TensorPlace? Locate(string name) =>
        _stored.TryGetValue(name, out var tensor) ? _data.Locate(Tensors[name], tensor) : throw TensorFile.Missing(this, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
    }

    /// <summary>Whether the file begins as PyTorch's files do, of the present form or of the old one.</summary>
    internal static bool Looks(FileBytes file)
    {
        return Signature(file) is ZipSignature or BarePickleSignature;
    }

    private IEnumerable<(string Name, PthTensor Tensor)> TensorsOf(Dictionary<string, object?> root)
    {
        var model = root.GetValueOrDefault(ModelKey) as Dictionary<string, object?> ?? root;
        return model.Select(entry => (entry.Key, entry.Value as PthTensor ?? throw Refuse(entry.Key, "a tensor", "another kind of value")));
    }

    private static uint Signature(FileBytes file)
    {
        Span<byte> signature = stackalloc byte[sizeof(uint)];
        file.Read(0, signature[..(int)Math.Min(signature.Length, file.Length)]);
        return BinaryPrimitives.ReadUInt32LittleEndian(signature);
    }

    /// <summary>Tensors may share data (tied weights do), but a small file must not stand for any amount of reading and memory.</summary>
    private void CheckTotal()
    {
        const int MostSharing = 4;
        var total = _stored.Values.Aggregate((Int128)0, (sum, tensor) => sum + Math.Max(tensor.Count, tensor.Span) * tensor.Storage.Type.Size);
        if (total > (Int128)MostSharing * _file.Length)
        {
            var expected = $"tensors of at most {MostSharing} times the file's {_file.Length} bytes";
            throw new CheckpointException(Path, null, expected, $"{total} bytes", "Save copies, not views: tensor.contiguous().clone().");
        }
    }

    private CheckpointException Refuse(string? tensor, string expected, string found)
    {
        return new CheckpointException(Path, tensor, expected, found, CheckpointException.SavePlain);
    }
}
