using Herd.Engine.Adapters;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>What a block leaves to those who run it: norms and matrices with what adapters tune, and attention over what came before.</summary>
/// <remarks>Serving has an adapter for each row and a cache; training has one adapter, whole sequences and gradients.</remarks>
internal interface IBlockMaps
{
    /// <summary>The norm in front of a layer's attention, weight included.</summary>
    /// <param name="rows">[rows, width], Float32.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>[rows, width], model's type.</returns>
    Tensor AttentionNorm(Tensor rows, int layer);

    /// <summary>The norm in front of a layer's feed-forward part; otherwise as <see cref="AttentionNorm"/>.</summary>
    Tensor FeedForwardNorm(Tensor rows, int layer);

    /// <summary>A matrix with what is tuned of it.</summary>
    /// <param name="rows">[rows, in], model's type; unchanged.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="linear">Which of its matrices.</param>
    /// <returns>[rows, out], model's type, fresh.</returns>
    Tensor Linear(Tensor rows, int layer, TunedLinear linear);

    /// <summary>Attention of all rows, the adapter's prompts added.</summary>
    /// <param name="queries">Rotated, [rows, heads, headWidth], model's type.</param>
    /// <param name="keys">Rotated, [rows, kvHeads, headWidth], model's type.</param>
    /// <param name="values">Likewise, not rotated.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>[rows, heads * headWidth], model's type.</returns>
    Tensor Attend(Tensor queries, Tensor keys, Tensor values, int layer);
}
