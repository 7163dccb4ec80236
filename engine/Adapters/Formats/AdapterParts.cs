using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>The tensors of an adapter as they were read and checked: CPU, in the file's types, under canonical names, by component.</summary>
internal sealed class AdapterParts
{
    internal VisualFrontEndShape? Visual { get; set; }

    internal ManifestEarlyFusion? EarlyFusion { get; set; }

    internal ManifestPrompts? Prompts { get; set; }

    internal ManifestTuning? Tuning { get; set; }

    internal ManifestLora? Lora { get; set; }

    /// <summary>Component to name to tensor.</summary>
    internal SortedDictionary<string, SortedDictionary<string, Tensor>> Tensors { get; } = new(StringComparer.Ordinal);

    internal void Add(string component, string name, Tensor tensor)
    {
        if (!Tensors.TryGetValue(component, out var tensors))
        {
            Tensors[component] = tensors = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        }

        tensors.Add(name, tensor);
    }
}
