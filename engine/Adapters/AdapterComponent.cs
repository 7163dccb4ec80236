using Herd.Engine.Adapters.Formats;
using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>One component of an adapter: tensors that are stored, shared and named together.</summary>
/// <remarks>Borrowed from its <see cref="AdapterPackage"/>.</remarks>
public sealed class AdapterComponent
{
    internal AdapterComponent(string name, IReadOnlyDictionary<string, Tensor> tensors)
    {
        Name = name;
        Tensors = tensors;
        using var digest = new DigestStream();
        WriteTo(digest);
        Digest = digest.Digest;
        Length = digest.Length;
    }

    /// <summary>Its name: <c>visual</c>, <c>prompts</c>, <c>tuning</c>, <c>lora</c>.</summary>
    public string Name { get; }

    /// <summary>Lower-case hexadecimal SHA-256 over its bytes.</summary>
    public string Digest { get; }

    /// <summary>How many bytes it has.</summary>
    public long Length { get; }

    /// <summary>Number of values in it.</summary>
    public long Parameters => Tensors.Values.Sum(tensor => tensor.numel());

    /// <summary>Canonical name to tensor; CPU, the types of the file it came from, finite.</summary>
    internal IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>Writes its bytes, a safetensors file.</summary>
    /// <param name="stream">Where to write; it stays open.</param>
    public void WriteTo(Stream stream) => SafetensorsWriter.Write(stream, Tensors);

    /// <summary>Its bytes to be read, held in a temporary file that goes with the stream.</summary>
    /// <returns>A seekable stream at its beginning, owned by the caller; it outlives the package.</returns>
    public Stream OpenRead()
    {
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
        try
        {
            WriteTo(file);
            file.Position = 0;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
