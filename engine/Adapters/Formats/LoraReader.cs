using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads pairs of low-rank matrices. Each pair has a rank of its own.</summary>
internal static class LoraReader
{
    private const int MaxRank = 1024;

    internal static void Read(PartReader reader, AdapterParts parts)
    {
        var (linears, most) = (new SortedSet<TunedLinear>(), 0);
        for (var layer = 0; layer < reader.Config.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                if (!reader.Has(reader.Names.LoraIn(layer, linear)) && !reader.Has(reader.Names.LoraOut(layer, linear)))
                {
                    continue;
                }

                most = Math.Max(most, Take(reader, layer, linear, parts));
                linears.Add(linear);
            }
        }

        if (most > 0)
        {
            parts.Lora = new ManifestLora { Linears = [.. linears], MaxRank = most };
        }
    }

    private static int Take(PartReader reader, int layer, TunedLinear linear, AdapterParts parts)
    {
        var (names, config, canonical) = (reader.Names, reader.Config, CanonicalNames.Instance);
        var (first, second) = (names.LoraIn(layer, linear)!, names.LoraOut(layer, linear)!);
        var rank = reader.ShapeOf(first, 2)[0];
        if (rank > MaxRank)
        {
            throw reader.Refuse(first, $"a rank of at most {MaxRank}", $"{rank}");
        }

        Tensor Half(string name, long[] shape) => reader.TryTake(name, shape, shape) ?? throw reader.Refuse(name, "both matrices of a pair", "one");
        parts.Add(ComponentNames.Lora, canonical.LoraIn(layer, linear), Half(first, [rank, linear.InWidth(config)]));
        parts.Add(ComponentNames.Lora, canonical.LoraOut(layer, linear), Half(second, [linear.OutWidth(config), rank]));
        return (int)rank;
    }
}
