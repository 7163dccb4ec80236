using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads PEFT's low-rank matrices: <c>y = W x + s B (A x)</c>. The factor s is folded into B, and B's rows are put into Meta's order.</summary>
internal static class PeftReader
{
    internal static AdapterParts Read(PeftFiles files, LlamaConfig config)
    {
        var isNamed = files.Tensors.Tensors.Keys.Any(name => name.EndsWith(".lora_A." + PeftNames.Named + "weight", StringComparison.Ordinal));
        var reader = new PartReader(files.Tensors, new PeftNames(isNamed ? PeftNames.Named : ""), config);
        reader.ExpectLayersOfBase();
        var parts = new AdapterParts();
        LoraReader.Read(reader, parts);
        reader.ExpectAllTaken();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                Finish(files.Config, reader, layer, linear, parts);
            }
        }

        return parts.Lora is not null ? parts : throw reader.Refuse(null, "low-rank matrices", "none");
    }

    private static void Finish(PeftConfig peft, PartReader reader, int layer, TunedLinear linear, AdapterParts parts)
    {
        var (name, outName) = (reader.Names.LoraIn(layer, linear)!, CanonicalNames.Instance.LoraOut(layer, linear));
        var isThere = reader.Has(name);
        if (isThere != peft.Targets(layer, linear))
        {
            throw reader.Refuse(name, isThere ? "a module that target_modules means" : "the matrices of every module that target_modules means", isThere ? "another" : "none");
        }

        if (!isThere)
        {
            return;
        }

        var tensors = parts.Tensors[ComponentNames.Lora];
        var second = tensors[outName];
        if (second.shape[1] != peft.RankOf(layer, linear))
        {
            throw reader.Refuse(name, $"rank {peft.RankOf(layer, linear)}, as the configuration says", $"{second.shape[1]}");
        }

        var scale = peft.ScaleOf(layer, linear);
        var scaled = Scaled(second, scale);
        if (!IsHeld(scaled))
        {
            throw reader.Refuse(reader.Names.LoraOut(layer, linear), $"numbers that the engine's types hold when multiplied by {scale:g6}, as the configuration says", "larger ones");
        }

        tensors[outName] = HeadRows.InMetasOrder(scaled, linear, reader.Config);
    }

    /// <summary>A factor of 1 leaves the stored type; another makes Float32 of it, in which nothing is lost.</summary>
    private static Tensor Scaled(Tensor second, double scale)
    {
        using var factor = scale.ToScalar();
        return scale == 1 ? second : second.to(ScalarType.Float32).mul(factor);
    }

    /// <summary>BFloat16 overflows a little earlier than Float32, and is what adapters are served in.</summary>
    private static bool IsHeld(Tensor scaled)
    {
        using var served = scaled.to(ScalarType.BFloat16, copy: true);
        return FiniteCheck.IsFinite(served);
    }
}
