namespace Herd.Engine.Bases;

/// <summary>What the sizes of a base may be: wide enough for any LLaMA, narrow enough that no product of two overflows.</summary>
internal static class ConfigRange
{
    internal const int MaxWidth = 1 << 16;
    internal const int MaxFeedForward = 1 << 20;
    internal const int MaxLayers = 1024;
    internal const int MaxHeads = 1024;
    internal const int MaxVocabulary = 1_000_000;
    internal const int MaxContext = 1 << 24;
    internal const double MinEpsilon = 1e-12;
    internal const double MaxEpsilon = 1e-2;
    internal const double MaxTheta = 1e12;
    internal const double MaxRopeFactor = 1e6;

    /// <summary>Heads must divide the width into even parts (rotation works on pairs), and share keys evenly.</summary>
    internal static LlamaConfig Check(LlamaConfig config, ConfigFile file, string headsField, string kvHeadsField)
    {
        if (config.Width % config.Heads != 0 || config.HeadWidth % 2 != 0)
        {
            throw file.Refuse(headsField, $"a number that divides the width {config.Width} into even parts", $"{config.Heads}");
        }

        if (config.Heads % config.KvHeads != 0)
        {
            throw file.Refuse(kvHeadsField, $"a number that divides the {config.Heads} query heads", $"{config.KvHeads}");
        }

        return config;
    }
}
