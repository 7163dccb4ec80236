using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>The files of which some tensors are views; each is mapped once.</summary>
/// <remarks>Not thread-safe. Dispose it after the last of the tensors.</remarks>
internal sealed class MappedFiles : IDisposable
{
    private readonly Dictionary<string, MappedFile> _files = [];

    /// <summary>A view of a tensor's values where they are.</summary>
    /// <param name="file">The file.</param>
    /// <param name="info">One of its tensors.</param>
    /// <returns>A contiguous CPU tensor that nothing may write to, owned by the caller's scope; null where the values must be copied.</returns>
    /// <exception cref="CheckpointException">The data is damaged, or cannot be mapped.</exception>
    public Tensor? TryView(ITensorFile file, TensorInfo info)
    {
        var size = StoredType.Of(info.DType)!.Size;
        if (info.Shape.Contains(0) || file.Locate(info.Name) is not { } place || place.Offset % size != 0)
        {
            return null;
        }

        if (!_files.TryGetValue(place.Path, out var mapped))
        {
            _files.Add(place.Path, mapped = new MappedFile(place.Path));
        }

        return mapped.View(place.Offset, info.DType, [.. info.Shape]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }
}
