using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>A tensor to be written that is made when its turn comes.</summary>
/// <param name="DType">Its type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Make">Makes it, for the scope that is open then; any strides and device.</param>
internal sealed record DeferredTensor(ScalarType DType, long[] Shape, Func<Tensor> Make)
{
    /// <summary>Number of its values.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);
}
