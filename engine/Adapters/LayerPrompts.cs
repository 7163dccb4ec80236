using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>The prompts of one layer. Their attention is multiplied by the gate and added to the text's, head by head.</summary>
/// <remarks>Float32, CPU. Owned by its <see cref="AdapterWeights"/>. Source: LLaMA-Adapter, arXiv:2303.16199, section 3.2.</remarks>
/// <param name="Static">The layer's own prompts, [length, width]; null where the picture's slots stand alone.</param>
/// <param name="TakesPicture">Whether the picture's visual query, [length, width], is added to them, or stands alone.</param>
/// <param name="Gate">The factor, [heads]: the gate's hyperbolic tangent, or what the adapter has in its place.</param>
public sealed record LayerPrompts(Tensor? Static, bool TakesPicture, Tensor Gate)
{
    /// <summary>What stands in the layer's slots. Source: docs/engine.md, "Attention with the adapter".</summary>
    /// <param name="visual">The picture's visual query, [..., length, width]; the same in every layer that takes it. Null without a picture.</param>
    /// <returns>[..., length, width]; null where the layer has no slots without a picture.</returns>
    internal Tensor? Slots(Tensor? visual) => (TakesPicture, Static, visual) switch
    {
        (true, null, _) => visual,
        (true, { } prompts, { } query) => prompts.Plus(query),
        _ => Static,
    };
}
