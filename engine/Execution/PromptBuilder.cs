using Herd.Engine.Adapters;
using Herd.Engine.Model;
using Herd.Engine.Tensors;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Execution;

/// <summary>Computes an adapter's prompts under a picture, down to their keys and values.</summary>
/// <remarks>Device thread only.</remarks>
internal sealed class PromptBuilder(LlamaModel model, ClipEncoder? encoder)
{
    /// <summary><c>E = prompts + visual query</c> for every layer with prompts, then keys and values.</summary>
    /// <param name="adapter">An adapter with prompts.</param>
    /// <param name="picture">The picture; null takes the all-zero one, as the official program does for text.</param>
    /// <returns>Keys and values; the caller owns them.</returns>
    public PromptKeyValues Build(AdapterWeights adapter, PreparedPicture? picture)
    {
        using var scope = NewDisposeScope();
        var prompts = adapter.Prompts ?? throw new InvalidOperationException("The adapter has no prompts.");
        var slots = prompts.Query; // [N, A, width]
        if (adapter.Visual is { } front)
        {
            slots = slots.Plus(front.Query(Features(picture))); // the same visual query in every layer
        }

        var (keys, values, gates) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (var index = 0; index < slots.shape[0]; index++)
        {
            var (key, value) = model.PromptKeyValues(slots[index], prompts.FirstLayer + index);
            keys.Add(key);
            values.Add(value);
            gates.Add(prompts.Gate(prompts.FirstLayer + index).view(-1, 1).to(key.device, copy: true));
        }

        foreach (var tensor in keys.Concat(values).Concat(gates))
        {
            tensor.DetachFromDisposeScope();
        }

        return new PromptKeyValues(prompts.FirstLayer, keys, values, gates);
    }

    private Tensor Features(PreparedPicture? picture)
    {
        var clip = encoder ?? throw new InvalidOperationException("The adapter needs an image encoder and none is loaded.");
        var image = picture is null
            ? zeros([1, 3, clip.ImageSize, clip.ImageSize], ScalarType.Float32)
            : picture.ToTensor(clip.ImageSize);
        return clip.Encode(image);
    }
}
