using Herd.Engine.Adapters;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>The frozen tensors of one block.</summary>
/// <param name="AttentionNorm">Norm in front of the attention, [width], Float32.</param>
/// <param name="FeedForwardNorm">Norm in front of the feed-forward part, [width], Float32.</param>
/// <param name="Linears">The seven matrices by <see cref="TunedLinear"/>, each [out, in]; query and key rows in Meta's order.</param>
internal sealed record LayerWeights(Tensor AttentionNorm, Tensor FeedForwardNorm, IReadOnlyList<LinearWeight> Linears)
{
    /// <summary>One of the seven matrices.</summary>
    /// <param name="linear">Which.</param>
    /// <returns>[out, in], borrowed.</returns>
    public LinearWeight this[TunedLinear linear] => Linears[(int)linear];
}
