using System.Collections.Immutable;
using Herd.Engine.Training.Parameters;

namespace Herd.Engine.Training;

/// <summary>What trains, and how, under a name. Source of each: docs/engine.md, "Training".</summary>
public static class TrainingPresets
{
    /// <summary>Source of pictures with captions.</summary>
    public const string Captions = "captions";

    /// <summary>Source of instructions with answers.</summary>
    public const string Instructions = "instructions";

    private static readonly string[] Front = ["clip_proj*", "visual_*"];

    private static readonly ImmutableSortedDictionary<string, TrainingPreset> ByName = new Dictionary<string, TrainingPreset>
    {
        ["official-pretrain"] = new([Group("prompts", 0.05, [.. Front, "prompts.*"])], Rate: 1.25e-5, Passes: 3, WarmUp: 5.0 / 150, MaxTokens: 96),
        ["official-finetune"] = new([Group("tuning", 0.02, ["layers.*.bias", "layers.*_norm", "norm"])], Rate: 1.25e-4, Passes: 4, WarmUp: 0.25),
        ["paper-joint"] = new(
            [
                Group("early", 0.05, [.. Front, "prompts.visual_gate.*"]) with { Sources = [Captions] },
                Group("late", 0.02, ["prompts.query", "prompts.gate.*", "layers.*", "norm"]) with { Sources = [Instructions] },
            ],
            Rate: 1e-3,
            Passes: 3,
            WarmUp: 0.1),
        ["paper-together"] = new([Group("all", 0.02, ["*"])], Rate: 1e-3, Passes: 3, WarmUp: 0.1),
        ["lora"] = new([Group("lora", 0.02, ["layers.*.lora_*"])], Rate: 1e-3, Passes: 3, WarmUp: 0.05),
        ["tuning"] = new([Group("tuning", 0.02, ["layers.*", "norm"])], Rate: 1e-3, Passes: 3, WarmUp: 0.05),
        ["v1"] = new([Group("prompts", 0.02, ["prompts.*"])], Rate: 1.125e-3, Passes: 5, WarmUp: 0.4),
        ["full"] = new([Group("base", 0.1, ["base.*"])], Rate: 1e-3, Passes: 3, WarmUp: 0.05),
        ["clip"] = new([Group("encoder", 0.05, ["clip.*"]), Group("heads", 0, ["heads.*"])], Rate: 1e-3, Passes: 3, WarmUp: 0.05),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    /// <summary>A preset.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>The preset.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: there is none of that name.</exception>
    public static TrainingPreset Get(string name) => ByName.TryGetValue(name, out var preset)
        ? preset
        : throw new EngineException(EngineErrorCode.InvalidRequest, $"Preset: expected one of {string.Join(", ", Names)}, found '{name}'.");

    private static ParameterGroup Group(string name, double decay, ImmutableArray<string> tensors) => new() { Name = name, Tensors = tensors, WeightDecay = decay };
}
