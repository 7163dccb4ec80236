using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads prompts and gates. A layer may lack its gate, and one without prompts may have an idle gate, as in released files.</summary>
internal static class PromptReader
{
    private const int MaxPromptLength = 4096;

    /// <summary>Reads prompts that stand in one tensor, with their gates.</summary>
    internal static void Read(PartReader reader, PromptForm form, AdapterParts parts)
    {
        var (names, config, canonical) = (reader.Names, reader.Config, CanonicalNames.Instance);
        var prompts = PromptsOf(reader, form);
        var stored = names.QueryShape(prompts.Layers, prompts.Length, config.Width);
        parts.Add(ComponentNames.Prompts, canonical.Query, reader.TryTake(names.Query, stored, canonical.QueryShape(prompts.Layers, prompts.Length, config.Width))!);
        parts.Prompts = prompts;
        ReadGates(reader, parts);
    }

    /// <summary>Reads the gates of the picture's slots, which stand in the first layers, and static prompts of the last ones, layer by layer.</summary>
    internal static void ReadEarly(PartReader reader, AdapterParts parts)
    {
        var (names, config, canonical) = (reader.Names, reader.Config, CanonicalNames.Instance);
        var first = Enumerable.Range(0, config.Layers).FirstOrDefault(layer => reader.Has(names.LayerQuery(layer)), config.Layers);
        var prompts = Enumerable.Range(first, config.Layers - first).Select(layer => TakeLayer(reader, layer, first)).ToArray();
        if (prompts.Length > 0)
        {
            var slots = (int)prompts[0].shape[0];
            parts.Add(ComponentNames.Prompts, canonical.Query, stack(prompts));
            parts.Prompts = new ManifestPrompts
            {
                FirstLayer = first, Gate = GateForm.Tanh, KeyValues = PromptProjection.Base, Layers = prompts.Length, Length = slots,
            };
        }

        ReadVisualGates(reader, parts);
        ReadGates(reader, parts);
    }

    /// <summary>Reads the gates of visual slots, which early fusion has in the first layers.</summary>
    internal static void ReadVisualGates(PartReader reader, AdapterParts parts)
    {
        var (names, config, canonical) = (reader.Names, reader.Config, CanonicalNames.Instance);
        var slots = parts.Visual?.QueryLength ?? throw reader.Refuse(null, "a visual front end beside early fusion", "none");
        var early = 0;
        for (; early < config.Layers; early++)
        {
            if (reader.TryTake(names.VisualGate(early), names.GateShape(config.Heads), canonical.GateShape(config.Heads)) is not { } gate)
            {
                break;
            }

            parts.Add(ComponentNames.Prompts, canonical.VisualGate(early), gate);
        }

        var late = parts.Prompts?.FirstLayer ?? config.Layers;
        if (early == 0 || early > late)
        {
            throw reader.Refuse(
                names.VisualGate(Math.Min(early, config.Layers - 1)), $"gates of visual slots in the first layers, at most {late}, where no static prompts stand", $"{early}");
        }

        parts.EarlyFusion = new ManifestEarlyFusion { EarlyLayers = early, Slots = slots };
    }

    private static void ReadGates(PartReader reader, AdapterParts parts)
    {
        var (names, config, canonical) = (reader.Names, reader.Config, CanonicalNames.Instance);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            if (reader.TryTake(names.Gate(layer), names.GateShape(config.Heads), canonical.GateShape(config.Heads)) is { } gate)
            {
                parts.Add(ComponentNames.Prompts, canonical.Gate(layer), gate);
            }

            if (reader.TryTake(names.NewGate(layer), names.NewGateShape, canonical.NewGateShape) is { } factor)
            {
                parts.Add(ComponentNames.Prompts, canonical.NewGate(layer), factor);
            }
        }
    }

    private static Tensor TakeLayer(PartReader reader, int layer, int first)
    {
        var name = reader.Names.LayerQuery(layer)!;
        var slots = reader.ShapeOf(reader.Names.LayerQuery(first)!, 2)[0];
        if (slots > MaxPromptLength)
        {
            throw reader.Refuse(name, $"at most {MaxPromptLength} prompts", $"{slots}");
        }

        long[] shape = [slots, reader.Config.Width];
        return reader.TryTake(name, shape, shape) ?? throw reader.Refuse(name, $"prompts in every layer from {first} on", "none");
    }

    private static ManifestPrompts PromptsOf(PartReader reader, PromptForm form)
    {
        var query = reader.Names.Query!;
        var shape = reader.ShapeOf(query, form.Length is null ? 3 : 2);
        var (slots, rows) = form.Length is { } length ? (length, shape[0]) : (shape[1], shape[0] * shape[1]);
        if (slots > MaxPromptLength || rows % slots != 0)
        {
            throw reader.Refuse(query, $"whole layers of {slots} prompts, at most {MaxPromptLength} each", $"{rows} rows");
        }

        var (layers, all) = (rows / slots, reader.Config.Layers);
        return layers <= all
            ? new ManifestPrompts { FirstLayer = all - (int)layers, Gate = form.Gate, KeyValues = form.KeyValues, Layers = (int)layers, Length = (int)slots }
            : throw reader.Incompatible(query, $"prompts for at most {all} layers", $"for {layers}");
    }
}
