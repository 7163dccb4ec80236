using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Several files of one model as if they were one: every tensor lies whole in one of them.</summary>
internal sealed class IndexedFiles : ITensorFile
{
    private readonly IReadOnlyList<ITensorFile> _files;
    private readonly Dictionary<string, ITensorFile> _holders = [];

    private IndexedFiles(string path, IReadOnlyList<ITensorFile> files)
    {
        (Path, _files) = (path, files);
        foreach (var file in files)
        {
            foreach (var name in file.Tensors.Keys)
            {
                if (!_holders.TryAdd(name, file))
                {
                    throw new CheckpointException(file.Path, name, "every tensor in one file", $"it in {System.IO.Path.GetFileName(_holders[name].Path)} too", CheckpointException.CopyAgain);
                }
            }
        }

        Tensors = _holders.ToDictionary(holder => holder.Key, holder => holder.Value.Tensors[holder.Key]);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens the files that an index names, and insists that each holds what the index says.</summary>
    /// <param name="index">The index.</param>
    /// <returns>The files as one, owned by the caller.</returns>
    /// <exception cref="CheckpointException">A file is missing or not sound, or the files hold other tensors than the index tells.</exception>
    public static IndexedFiles Open(SafetensorsIndex index)
    {
        var files = new List<ITensorFile>();
        try
        {
            files.AddRange(index.Files.Select(SafetensorsFile.Open));
            var joined = new IndexedFiles(index.Path, files);
            joined.Expect(index);
            return joined;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name) => HolderOf(name).Read(name);

    /// <inheritdoc/>
    public TensorPlace? Locate(string name) => HolderOf(name).Locate(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    private ITensorFile HolderOf(string name) => _holders.TryGetValue(name, out var file) ? file : throw TensorFile.Missing(this, name);

    private void Expect(SafetensorsIndex index)
    {
        foreach (var (name, file) in index.Places)
        {
            var found = _holders.TryGetValue(name, out var holder) ? System.IO.Path.GetFileName(holder.Path) : "none";
            if (found != file)
            {
                throw new CheckpointException(Path, name, $"it in {file}", found, CheckpointException.CopyAgain);
            }
        }

        if (_holders.Keys.FirstOrDefault(name => !index.Places.ContainsKey(name)) is { } unknown)
        {
            throw new CheckpointException(Path, unknown, "every tensor of the files in the index", $"one in {System.IO.Path.GetFileName(_holders[unknown].Path)} alone", CheckpointException.CopyAgain);
        }

        var bytes = Tensors.Values.Sum(info => StoredType.Of(info.DType)!.Count([.. info.Shape])!.Value * StoredType.Of(info.DType)!.Size);
        if (index.TotalBytes is { } total && total != bytes)
        {
            throw new CheckpointException(Path, null, $"{total} bytes of tensors, as its total_size says", $"{bytes}", CheckpointException.CopyAgain);
        }
    }
}
