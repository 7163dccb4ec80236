using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Sees what the blocks compute. The tensors are borrowed for the call.</summary>
internal interface ILayerProbe
{
    /// <summary>A block's attention behind its output matrix and bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="rows">[padded rows, width], model's type.</param>
    void AttentionOutput(int layer, Tensor rows);

    /// <summary>A block's output.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="rows">[padded rows, width], Float32.</param>
    void BlockOutput(int layer, Tensor rows);
}
