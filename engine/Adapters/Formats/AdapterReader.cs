using Herd.Engine.Vision;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads the parts of an adapter, each out of whichever file holds it. Sizes come from shapes and are checked against the base.</summary>
internal static class AdapterReader
{
    private const int MaxDepth = 128;

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

    /// <summary>Reads biases, scales and norms; what is absent stays as the base has it.</summary>
    internal static void ReadTuning(PartReader reader, ScaleOrder order, AdapterParts parts)
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
                _ = Take(names.Scale(layer, linear), canonical.Scale(layer, linear), order == ScaleOrder.Input ? linear.InWidth(config) : linear.OutWidth(config)) && scales.Add(linear);
            }

            norms |= Take(names.AttentionNorm(layer), canonical.AttentionNorm(layer), config.Width);
            norms |= Take(names.FeedForwardNorm(layer), canonical.FeedForwardNorm(layer), config.Width);
        }

        norms |= Take(names.FinalNorm, canonical.FinalNorm, config.Width);
        if (norms || biases.Count + scales.Count > 0)
        {
            parts.Tuning = new ManifestTuning { Biases = [.. biases], Norms = norms, Order = order, Scales = [.. scales] };
        }
    }
}
