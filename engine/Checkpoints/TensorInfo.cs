using TorchSharp;

namespace Herd.Engine.Checkpoints;

/// <summary>What a file says about one of its tensors, before any of its data is read.</summary>
/// <param name="Name">The name under which the file holds the tensor.</param>
/// <param name="DType">The stored element type.</param>
/// <param name="Shape">The extent of each axis; empty for a scalar. Checked against the file's size.</param>
public sealed record TensorInfo(string Name, torch.ScalarType DType, IReadOnlyList<long> Shape)
{
    /// <inheritdoc/>
    public bool Equals(TensorInfo? other)
    {
        return other is not null && Name == other.Name && DType == other.DType && Shape.SequenceEqual(other.Shape);
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        return HashCode.Combine(Name, DType, Shape.Count);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        return $"{Name}: {DType} [{string.Join(", ", Shape)}]";
    }
}
