using Herd.Engine.Adapters;

namespace Herd.Cli.Adapters;

/// <summary>The settings of an adapter, a line each.</summary>
internal static class AdapterSettingsText
{
    internal static IEnumerable<string> Of(AdapterManifest manifest)
    {
        if (manifest.Visual is { } visual)
        {
            yield return $"pictures {visual.Depth} blocks of {visual.Heads} heads, width {visual.Width}, colours {Lower(visual.ChannelOrder)}";
        }

        if (manifest.EarlyFusion is { } early)
        {
            yield return $"early    {early.Slots} slots of the picture in the first {early.EarlyLayers} layers";
        }

        if (manifest.Prompts is { } prompts)
        {
            yield return $"prompts  {prompts.Length} in each of {prompts.Layers} layers from {prompts.FirstLayer} on, gate {Lower(prompts.Gate)}, keys and values {Lower(prompts.KeyValues)}";
        }

        if (manifest.Tuning is { } tuning)
        {
            yield return $"tuning   biases of {Names(tuning.Biases)}, scales of {Names(tuning.Scales)} at the {Lower(tuning.Order)}, norms {(tuning.Norms ? "too" : "as the base's")}";
        }

        if (manifest.Lora is { } lora)
        {
            yield return $"lora     rank {lora.MaxRank} at most, on {Names(lora.Linears)}";
        }
    }

    private static string Names(IEnumerable<TunedLinear> linears)
    {
        var names = string.Join(' ', linears.Select(linear => linear.OfficialName()));
        return names.Length == 0 ? "none" : names;
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => AdapterChoice.Names<T>()[Array.IndexOf(Enum.GetValues<T>(), value)];
}
