using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>A safetensors file: an 8-byte length, a JSON header of that length, and the data it describes without gap or overlap.</summary>
/// <remarks>Format: https://huggingface.co/docs/safetensors/index#format. Anything that the format leaves open is refused.</remarks>
public sealed class SafetensorsFile : ITensorFile
{
    private readonly FileBytes _file;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(FileBytes file, SafetensorsHeader header)
    {
        _file = file;
        _header = header;
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _header.Tensors;

    /// <summary>The free text entries of the header; empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The open file, owned by the caller.</returns>
    /// <exception cref="CheckpointException">The file is missing or its header is not sound.</exception>
    public static SafetensorsFile Open(string path) => Open(FileBytes.Open(path));

    /// <summary>Opens one that lies inside another file.</summary>
    internal static SafetensorsFile Open(string path, long start, long length) => Open(FileBytes.Open(path, start, length));

    /// <summary>Takes over an open file.</summary>
    internal static SafetensorsFile Open(FileBytes file)
    {
        try
        {
            return new SafetensorsFile(file, SafetensorsHeader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        var offset = OffsetOf(name);
        return TensorFile.Fill(Path, Tensors[name], tensor => _file.Read(offset, tensor));
    }

    /// <inheritdoc/>
    public TensorPlace? Locate(string name)
    {
        var offset = OffsetOf(name);
        return Tensors[name].DType == ScalarType.Bool ? null : new TensorPlace(Path, _file.Start + offset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
    }

    private long OffsetOf(string name) => _header.Offsets.TryGetValue(name, out var offset) ? offset : throw TensorFile.Missing(this, name);
}
