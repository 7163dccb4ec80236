using Herd.Engine.Vision;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads the parts of an adapter, each out of whichever file holds it. Sizes come from shapes and are checked against the base.</summary>
internal static class AdapterReader
{
    private const int MaxDepth = 128;
    private const int MaxPromptLength = 4096;

    /// <summary>Reads the visual front end.</summary>
    internal static void ReadVisual(PartReader reader, int? heads, AdapterParts parts)
    {
        var shape = VisualFrontEndShape.Of(reader.File, heads ?? VisualFrontEndShape.OfficialHeads);
        if (shape.ModelWidth != reader.Config.Width)
        {
            throw reader.Incompatible("visual_proj.weight", $"{reader.Config.Width} rows, the width of the base", $"{shape.ModelWidth}");
        }

        if (shape.Depth is < 1 or > MaxDepth)
        {
            throw reader.Refuse("visual_blocks.0.norm1.weight", $"1 to {MaxDepth} visual blocks", $"{shape.Depth}");
        }

        foreach (var (name, extents) in shape.Tensors())
        {
            parts.Add(ComponentNames.Visual, name, reader.Take(name, extents));
        }

        parts.Visual = shape;
    }

    /// <summary>Reads prompts and gates. A layer may lack its gate, and one without prompts may have an idle gate, as in released files.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="length">Prompt slots of a layer where the file's shape does not tell them.</param>
    /// <param name="parts">Where they go.</param>
    internal static void ReadPrompts(PartReader reader, int? length, AdapterParts parts)
    {
        var (names, config) = (reader.Names, reader.Config);
        var prompts = PromptsOf(reader, length);
        var stored = names.QueryShape(prompts.Layers, prompts.Length, config.Width);
        var canonical = CanonicalNames.Instance.QueryShape(prompts.Layers, prompts.Length, config.Width);
        parts.Add(ComponentNames.Prompts, CanonicalNames.Instance.Query, reader.TryTake(names.Query, stored, canonical)!);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            if (reader.TryTake(names.Gate(layer), names.GateShape(config.Heads), CanonicalNames.Instance.GateShape(config.Heads)) is { } gate)
            {
                parts.Add(ComponentNames.Prompts, CanonicalNames.Instance.Gate(layer), gate);
            }
        }

        parts.Prompts = prompts;
    }

    /// <summary>Reads biases, scales and norms; what is absent stays as the base has it.</summary>
    internal static void ReadTuning(PartReader reader, AdapterParts parts)
    {
        var (names, config, canonical) = (reader.Names, reader.Config, CanonicalNames.Instance);
        var (biases, scales, norms) = (new SortedSet<TunedLinear>(), new SortedSet<TunedLinear>(), false);
        bool Take(string? name, string canonicalName, long width)
        {
            if (reader.TryTake(name, [width], [width]) is not { } tensor)
            {
                return false;
            }

            parts.Add(ComponentNames.Tuning, canonicalName, tensor);
            return true;
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                _ = Take(names.Bias(layer, linear), canonical.Bias(layer, linear), linear.OutWidth(config)) && biases.Add(linear);
                _ = Take(names.Scale(layer, linear), canonical.Scale(layer, linear), linear.InWidth(config)) && scales.Add(linear);
            }

            norms |= Take(names.AttentionNorm(layer), canonical.AttentionNorm(layer), config.Width);
            norms |= Take(names.FeedForwardNorm(layer), canonical.FeedForwardNorm(layer), config.Width);
        }

        norms |= Take(names.FinalNorm, canonical.FinalNorm, config.Width);
        if (norms || biases.Count + scales.Count > 0)
        {
            parts.Tuning = new ManifestTuning { Biases = [.. biases], Norms = norms, Scales = [.. scales] };
        }
    }

    private static ManifestPrompts PromptsOf(PartReader reader, int? length)
    {
        var query = reader.Names.Query!;
        var shape = reader.ShapeOf(query, length is null ? 3 : 2);
        var (slots, rows) = length is null ? (shape[1], shape[0] * shape[1]) : (length.Value, shape[0]);
        if (slots > MaxPromptLength || rows % slots != 0)
        {
            throw reader.Refuse(query, $"whole layers of {slots} prompts, at most {MaxPromptLength} each", $"{rows} rows");
        }

        var (layers, all) = (rows / slots, reader.Config.Layers);
        return layers <= all
            ? new ManifestPrompts { FirstLayer = all - (int)layers, Gate = GateForm.Tanh, Layers = (int)layers, Length = (int)slots }
            : throw reader.Incompatible(query, $"prompts for at most {all} layers", $"for {layers}");
    }
}
