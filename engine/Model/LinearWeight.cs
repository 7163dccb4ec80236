using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>A frozen matrix as products see it, in whatever form its values are kept.</summary>
/// <remarks>Its tensors belong to the <see cref="WeightStore"/>; nothing writes to them.</remarks>
internal abstract class LinearWeight
{
    /// <summary>What it keeps.</summary>
    public abstract IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Number of the matrix's values.</summary>
    public abstract long Parameters { get; }

    /// <summary><c>x W^T</c>. A row's bits depend on that row and the matrix alone, for any number of rows that is a multiple of <see cref="PackedStep.RowMultiple"/>.</summary>
    /// <param name="rows">[rows, in], model's type, on the matrix's device.</param>
    /// <returns>[rows, out], model's type, fresh.</returns>
    public abstract Tensor Product(Tensor rows);
}

/// <summary>A matrix in the model's type.</summary>
/// <param name="weight">[out, in].</param>
internal sealed class DenseLinear(Tensor weight) : LinearWeight
{
    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Tensors { get; } = [weight];

    /// <inheritdoc/>
    public override long Parameters => weight.NumberOfElements;

    /// <inheritdoc/>
    public override Tensor Product(Tensor rows) => nn.functional.linear(rows, weight);
}
