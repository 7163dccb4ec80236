using Herd.Engine.Bases;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Makes the prompts of each layer out of their component.</summary>
internal static class LayerPromptsReader
{
    /// <summary>Reads the component. Gradients flow where the caller lets them.</summary>
    /// <returns>Layer to prompts, whose tensors belong to the caller's scope.</returns>
    internal static Dictionary<int, LayerPrompts> Read(AdapterManifest manifest, IReadOnlyDictionary<string, Tensor> tensors, LlamaConfig config)
    {
        var names = CanonicalNames.Instance;
        var layers = new Dictionary<int, LayerPrompts>();
        for (var layer = 0; layer < manifest.EarlyFusion?.EarlyLayers; layer++)
        {
            layers.Add(layer, new LayerPrompts(null, TakesPicture: true, tensors[names.VisualGate(layer)].to(ScalarType.Float32).tanh()));
        }

        if (manifest.Prompts is not { } prompts)
        {
            return layers;
        }

        var takesPicture = manifest.Visual is not null && manifest.EarlyFusion is null;
        for (var index = 0; index < prompts.Layers; index++)
        {
            var layer = prompts.FirstLayer + index;
            var query = tensors[names.Query][index].to(ScalarType.Float32).clone();
            layers.Add(layer, new LayerPrompts(query, takesPicture, Gate(prompts, tensors, layer, config.Heads)));
        }

        return layers;
    }

    private static Tensor Gate(ManifestPrompts prompts, IReadOnlyDictionary<string, Tensor> tensors, int layer, int heads)
    {
        var names = CanonicalNames.Instance;
        if (!tensors.TryGetValue(names.Gate(layer), out var stored))
        {
            return zeros([heads], ScalarType.Float32);
        }

        var gate = stored.to(ScalarType.Float32);
        var factor = prompts.Gate == GateForm.Tanh ? gate.tanh() : gate;

        // The released code has a path of its own for a single slot, and leaves the further factor out there.
        return prompts.Length > 1 && tensors.TryGetValue(names.NewGate(layer), out var further) ? factor * further.to(ScalarType.Float32) : factor.clone();
    }
}
