using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Encoders;

/// <summary>Tensors that were just made, as readers of files see them.</summary>
/// <param name="tensors">By name; borrowed.</param>
internal sealed class TensorsInMemory(IReadOnlyDictionary<string, Tensor> tensors) : ITensorFile
{
    /// <inheritdoc/>
    public string Path => "new values";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; } = tensors.ToDictionary(tensor => tensor.Key, tensor => new TensorInfo(tensor.Key, tensor.Value.dtype, [.. tensor.Value.shape]));

    /// <inheritdoc/>
    public Tensor Read(string name) => tensors[name].clone();

    /// <inheritdoc/>
    public TensorPlace? Locate(string name) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // The tensors stay the caller's.
    }
}
