using Herd.Engine.Adapters;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>A layer's slots under a batch's pictures.</summary>
/// <param name="Slots">[B or 1, A, width], Float32.</param>
/// <param name="Gate">The factor of their attention, [B or 1, heads, 1, 1], Float32.</param>
internal sealed record BatchSlots(Tensor Slots, Tensor Gate);

/// <summary>An adapter's prompts under a batch's pictures, layer by layer, with gradients.</summary>
/// <param name="layers">The prompts of the layers that have any.</param>
/// <param name="visual">The pictures' visual query, [B, A, width]; null where no picture plays a part.</param>
/// <param name="presence">Where slots without a picture are left out: 1 for an example with one and 0 without, [B, 1, 1, 1]. Null where all count.</param>
internal sealed class BatchPrompts(IReadOnlyDictionary<int, LayerPrompts> layers, Tensor? visual, Tensor? presence)
{
    /// <summary>The slots of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <returns>Slots and gate; null for a layer without any.</returns>
    public BatchSlots? At(int layer)
    {
        if (!layers.TryGetValue(layer, out var prompts) || prompts.Slots(visual) is not { } slots)
        {
            return null;
        }

        var gate = prompts.Gate.view(1, -1, 1, 1);
        return new BatchSlots(slots.dim() == 2 ? slots.unsqueeze(0) : slots, prompts.TakesPicture && presence is not null ? gate * presence : gate);
    }
}
