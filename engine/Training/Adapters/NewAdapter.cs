using System.Collections.Immutable;
using Herd.Engine.Adapters;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Training.Parameters;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Adapters;

/// <summary>Gives a blueprint its first values: with gates of 0 the adapter begins as the base, exactly.</summary>
/// <remarks>Gates as the blueprint says, biases and second low-rank matrices 0, scales 1, norms the base's; queries and prompts normally distributed, linear maps as
/// PyTorch starts them. Source: docs/engine.md, "Training".</remarks>
public static class NewAdapter
{
    /// <summary>Makes the adapter.</summary>
    /// <param name="blueprint">What it is made of.</param>
    /// <param name="base">The base, whose norms it begins with.</param>
    /// <param name="baseDigest">The base's digest, lower-case hexadecimal SHA-256; with the image encoder's where there is one.</param>
    /// <param name="clipWidth">Width of the image encoder's features; null where there is none.</param>
    /// <param name="seed">Decides the values.</param>
    /// <returns>The adapter, owned by the caller.</returns>
    /// <exception cref="EngineException">The blueprint fits no such base, or a file of the base is damaged.</exception>
    public static AdapterPackage Make(AdapterBlueprint blueprint, BaseFolder @base, string baseDigest, int? clipWidth, long seed)
    {
        ArgumentNullException.ThrowIfNull(blueprint);
        ArgumentNullException.ThrowIfNull(@base);
        blueprint.Validate(@base.Config);
        if (blueprint.Visual is not null && clipWidth is null)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "A new adapter with a visual front end: expected an image encoder, found none. Name one.");
        }

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var config = @base.Config;
        var components = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            [ComponentNames.Visual] = blueprint.Visual is { } visual ? FrontEnd(Shape(visual, blueprint, clipWidth!.Value, config), seed) : new Dictionary<string, Tensor>(),
            [ComponentNames.Prompts] = Prompts(blueprint, config, seed),
            [ComponentNames.Tuning] = Tuning(blueprint, @base),
            [ComponentNames.Lora] = Lora(blueprint, config, seed),
        };
        return PackageReader.Make(Manifest(blueprint, config, baseDigest, clipWidth), components, config);
    }

    private static AdapterManifest Manifest(AdapterBlueprint blueprint, LlamaConfig config, string baseDigest, int? clipWidth) => new()
    {
        Base = baseDigest,
        Template = blueprint.Template,
        Components = ImmutableSortedDictionary<string, ManifestComponent>.Empty,
        Visual = blueprint.Visual is { } visual
            ? new ManifestVisual { ChannelOrder = visual.ChannelOrder, ClipWidth = clipWidth!.Value, Depth = visual.Depth, Heads = visual.Heads, MlpWidth = visual.MlpWidth, Width = visual.Width }
            : null,
        Prompts = blueprint.PromptLayers == 0 ? null : new ManifestPrompts
        {
            FirstLayer = config.Layers - blueprint.PromptLayers, Gate = GateForm.Tanh, KeyValues = PromptProjection.Base, Layers = blueprint.PromptLayers, Length = blueprint.PromptLength,
        },
        EarlyFusion = blueprint.EarlyLayers == 0 ? null : new ManifestEarlyFusion { EarlyLayers = blueprint.EarlyLayers, Slots = blueprint.PromptLength },
        Lora = blueprint.LoraRank == 0 ? null : new ManifestLora { Linears = [.. TunedLinearExtensions.All], MaxRank = blueprint.LoraRank },
        Tuning = blueprint is { Norms: false, Biases.Length: 0, Scales.Length: 0 } ? null : new ManifestTuning
        {
            Biases = [.. blueprint.Biases.Order()], Norms = blueprint.Norms, Order = blueprint.ScaleOrder, Scales = [.. blueprint.Scales.Order()],
        },
    };

    private static VisualFrontEndShape Shape(VisualBlueprint visual, AdapterBlueprint blueprint, int clipWidth, LlamaConfig config) =>
        new(visual.Width, visual.Depth, visual.Heads, visual.MlpWidth, blueprint.PromptLength, clipWidth, config.Width);

    private static Dictionary<string, Tensor> FrontEnd(VisualFrontEndShape shape, long seed)
    {
        var shapes = shape.Tensors().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        return shapes.ToDictionary(tensor => tensor.Key, tensor =>
        {
            var (name, extents) = (tensor.Key, tensor.Value);
            if (name.Contains("norm", StringComparison.Ordinal))
            {
                return name.EndsWith(".weight", StringComparison.Ordinal) ? ones(extents) : zeros(extents);
            }

            return name.StartsWith("visual_query", StringComparison.Ordinal)
                ? RandomValues.Normal(name, seed, extents, 1)
                : RandomValues.Linear(name, seed, extents, shapes[name[..name.LastIndexOf('.')] + ".weight"][1]);
        });
    }

    private static Dictionary<string, Tensor> Prompts(AdapterBlueprint blueprint, LlamaConfig config, long seed)
    {
        var names = CanonicalNames.Instance;
        var tensors = new Dictionary<string, Tensor>();
        Tensor Gate() => tensor(Enumerable.Repeat((float)blueprint.GateStart, config.Heads).ToArray());
        for (var layer = 0; layer < blueprint.EarlyLayers; layer++)
        {
            tensors.Add(names.VisualGate(layer), Gate());
        }

        if (blueprint.PromptLayers > 0)
        {
            tensors.Add(names.Query, RandomValues.Normal(names.Query, seed, names.QueryShape(blueprint.PromptLayers, blueprint.PromptLength, config.Width), blueprint.PromptDeviation));
        }

        for (var layer = config.Layers - blueprint.PromptLayers; layer < config.Layers; layer++)
        {
            tensors.Add(names.Gate(layer), Gate());
        }

        return tensors;
    }

    private static Dictionary<string, Tensor> Tuning(AdapterBlueprint blueprint, BaseFolder @base)
    {
        var (names, config, tensors) = (CanonicalNames.Instance, @base.Config, new Dictionary<string, Tensor>());
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var linear in blueprint.Biases)
            {
                tensors.Add(names.Bias(layer, linear), zeros([linear.OutWidth(config)]));
            }

            foreach (var linear in blueprint.Scales)
            {
                tensors.Add(names.Scale(layer, linear), ones([blueprint.ScaleOrder == ScaleOrder.Input ? linear.InWidth(config) : linear.OutWidth(config)]));
            }
        }

        if (blueprint.Norms)
        {
            using var file = @base.OpenWeights();
            var reader = new TensorReader(file);
            Tensor Take(BaseTensor norm) => reader.Take(norm.Name, norm.Shape, ScalarType.Float32, copy: true);
            for (var layer = 0; layer < config.Layers; layer++)
            {
                tensors.Add(names.AttentionNorm(layer), Take(@base.Tensors.AttentionNorm(layer)));
                tensors.Add(names.FeedForwardNorm(layer), Take(@base.Tensors.FeedForwardNorm(layer)));
            }

            tensors.Add(names.FinalNorm, Take(@base.Tensors.FinalNorm));
        }

        return tensors;
    }

    private static Dictionary<string, Tensor> Lora(AdapterBlueprint blueprint, LlamaConfig config, long seed)
    {
        var (names, tensors) = (CanonicalNames.Instance, new Dictionary<string, Tensor>());
        for (var layer = 0; blueprint.LoraRank > 0 && layer < config.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                var name = names.LoraIn(layer, linear);
                tensors.Add(name, RandomValues.Linear(name, seed, [blueprint.LoraRank, linear.InWidth(config)], linear.InWidth(config)));
                tensors.Add(names.LoraOut(layer, linear), zeros([linear.OutWidth(config), blueprint.LoraRank]));
            }
        }

        return tensors;
    }
}
