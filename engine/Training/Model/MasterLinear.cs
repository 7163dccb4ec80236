using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>A matrix that is trained: its values are kept in Float32, and products see them in the model's type.</summary>
/// <param name="master">[out, in], Float32.</param>
/// <param name="dtype">The model's type.</param>
internal sealed class MasterLinear(Tensor master, ScalarType dtype) : LinearWeight
{
    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Tensors { get; } = [master];

    /// <inheritdoc/>
    public override long Parameters => master.NumberOfElements;

    /// <inheritdoc/>
    public override Tensor Product(Tensor rows) => nn.functional.linear(rows, master.to(dtype));
}
