using Herd.Engine.Adapters;
using Herd.Engine.Bases;

namespace Herd.Engine.Training.Adapters;

/// <summary>Blueprints under a name, for a base of any size.</summary>
public static class AdapterLayouts
{
    private static readonly TunedLinear[] OfficialBiases = [TunedLinear.Query, TunedLinear.Output, TunedLinear.Gate, TunedLinear.Down, TunedLinear.Up];

    private static readonly SortedDictionary<string, Func<LlamaConfig, AdapterBlueprint>> ByName = new(StringComparer.Ordinal)
    {
        ["official"] = config => new AdapterBlueprint { Visual = new VisualBlueprint(), PromptLayers = config.Layers - 1, Biases = [.. OfficialBiases], Norms = true },
        ["official-lora"] = config => new AdapterBlueprint { Visual = new VisualBlueprint(), PromptLayers = config.Layers - 1, Biases = [.. OfficialBiases], Norms = true, LoraRank = 16 },
        ["paper"] = config => new AdapterBlueprint { Visual = new VisualBlueprint(), EarlyLayers = 1, PromptLayers = config.Layers - 1, Biases = [.. TunedLinearExtensions.All], Scales = [.. TunedLinearExtensions.All], Norms = true },
        ["tuning"] = _ => new AdapterBlueprint { Biases = [.. TunedLinearExtensions.All], Scales = [.. TunedLinearExtensions.All], Norms = true },
        ["lora"] = _ => new AdapterBlueprint { LoraRank = 16 },
        ["v1"] = config => new AdapterBlueprint { PromptLayers = config.Layers - 1 },
    };

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    /// <summary>The layout of a new adapter that a preset trains, where none is named.</summary>
    /// <param name="preset">The preset's name.</param>
    /// <returns>One of <see cref="Names"/>, or the preset's own name where no layout goes with it.</returns>
    public static string ForPreset(string preset) => preset switch
    {
        "paper-joint" or "paper-together" => "paper",
        "official-pretrain" or "official-finetune" => "official",
        _ => preset,
    };

    /// <summary>The blueprint of a layout.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="config">The base's sizes.</param>
    /// <returns>The blueprint.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: there is none of that name.</exception>
    public static AdapterBlueprint Get(string name, LlamaConfig config) => ByName.TryGetValue(name, out var make)
        ? make(config)
        : throw new EngineException(EngineErrorCode.InvalidRequest, $"Layout: expected one of {string.Join(", ", Names)}, found '{name}'.");
}
