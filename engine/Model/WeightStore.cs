using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>The one owner of a base's tensors, on all devices that its layers are split over. Nothing writes to them.</summary>
/// <param name="stages">The stages in order.</param>
/// <param name="parameters">Number of the base's values, however they are kept.</param>
/// <param name="mapped">The files of which some of the tensors are views; taken over.</param>
internal sealed class WeightStore(IReadOnlyList<StageWeights> stages, long parameters, MappedFiles mapped) : IDisposable
{
    /// <summary>The stages in order.</summary>
    public IReadOnlyList<StageWeights> Stages => stages;

    /// <summary>All tensors, each once.</summary>
    public IReadOnlyList<Tensor> Tensors { get; } = [.. stages.SelectMany(stage => stage.Tensors).Distinct<Tensor>(ReferenceEqualityComparer.Instance)]; // tensors are equal by value
    /// <summary>The model's type.</summary>
    public ScalarType Dtype => stages[0].Embedding!.dtype;

    /// <summary>Number of the base's values, however they are kept.</summary>
    public long Parameters => parameters;

    /// <summary>Whether the matrices of the blocks are in 8 bits.</summary>
    public bool IsInt8 => stages[0].Layers[0].Linears[0] is Int8Linear;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => Tensors.Sum(tensor => tensor.NumberOfElements * tensor.ElementSize);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors)
        {
            tensor.Dispose();
        }

        mapped.Dispose();
    }
}
