using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>A file of named tensors. Opening it checks everything but the values; the values are read one tensor at a time.</summary>
/// <remarks>Any number of threads may read at once. Disposing while a read runs ends that read with an exception.</remarks>
public interface ITensorFile : IDisposable
{
    /// <summary>Where the file lies.</summary>
    string Path { get; }

    /// <summary>The tensors of the file by name.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads one tensor, from the file straight into the tensor's memory.</summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <returns>A fresh contiguous CPU tensor of the stored shape and type, owned by the caller's scope.</returns>
    /// <exception cref="CheckpointException">There is no such tensor, or its data is damaged.</exception>
    Tensor Read(string name);

    /// <summary>Finds a tensor's values in the file, checked as <see cref="Read"/> checks them, to be used where they are.</summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <returns>Where they lie; null where they lie in pieces or in another order.</returns>
    /// <exception cref="CheckpointException">There is no such tensor, or its data is damaged.</exception>
    TensorPlace? Locate(string name);
}
