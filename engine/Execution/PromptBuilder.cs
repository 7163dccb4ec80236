using Herd.Engine.Adapters;
using Herd.Engine.Model;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Execution;

/// <summary>Computes an adapter's prompts under a picture, down to their keys and values.</summary>
/// <remarks>Device thread only.</remarks>
internal sealed class PromptBuilder(LlamaModel model, ClipEncoder? encoder)
{
    /// <summary>The slots of every layer with prompts, then keys and values. Which slots a layer has: docs/engine.md, "Attention with the adapter".</summary>
    /// <param name="adapter">An adapter with prompts.</param>
    /// <param name="picture">The picture; without one, early fusion leaves its slots out, and other adapters see the all-zero picture.</param>
    /// <returns>Keys and values; the caller owns them.</returns>
    public PromptKeyValues Build(AdapterWeights adapter, PreparedPicture? picture)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var visual = adapter.Visual is null || (picture is null && adapter.WaitsForPicture) ? null : VisualQuery(adapter, picture); // [A, width]
        var layers = new Dictionary<int, LayerKeyValues>();
        foreach (var (layer, prompts) in adapter.Prompts)
        {
            if (prompts.Slots(visual) is { } slots)
            {
                var (keys, values) = model.PromptKeyValues(slots, layer, adapter.ProjectsPromptsTuned ? adapter : null);
                layers.Add(layer, new LayerKeyValues(keys, values, prompts.Gate.view(-1, 1).to(keys.device, copy: true)));
            }
        }

        foreach (var layer in layers.Values)
        {
            scope.Detach(layer.Keys, layer.Values, layer.Gate);
        }

        return new PromptKeyValues(layers);
    }

    /// <summary>Computed where the image encoder is; the adapter's prompts, to which it is added, lie in host memory.</summary>
    private Tensor VisualQuery(AdapterWeights adapter, PreparedPicture? picture)
    {
        var features = Features(picture); // [1, C, clipWidth]
        return adapter.VisualOn(features.device)!.Query(features)[0].cpu();
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
