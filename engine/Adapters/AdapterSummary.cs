using Herd.Engine.Adapters.Formats;
using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters;

/// <summary>A part of an adapter as its file has it.</summary>
/// <param name="Name">Its name: <c>visual</c>, <c>prompts</c>, <c>tuning</c>, <c>lora</c>.</param>
/// <param name="Tensors">Number of its tensors.</param>
/// <param name="Parameters">Number of its values.</param>
/// <param name="Bytes">Stored bytes of the values.</param>
public sealed record AdapterPart(string Name, int Tensors, long Parameters, long Bytes);

/// <summary>What an adapter's file tells by itself, without a base and without reading a value.</summary>
/// <param name="Layout">What it was made by: <c>multimodal</c>, <c>chat</c>, <c>v1</c>, <c>early fusion</c>, <c>peft</c> or <c>herd</c>.</param>
/// <param name="Layers">Layers that have tensors of their own, counted from the first.</param>
/// <param name="Ranks">The ranks of its low-rank matrices; empty where it has none.</param>
/// <param name="Parts">Its parts, by name.</param>
/// <param name="Manifest">The manifest, which only Herd's own form has.</param>
public sealed record AdapterSummary(string Layout, int Layers, IReadOnlyList<long> Ranks, IReadOnlyList<AdapterPart> Parts, AdapterManifest? Manifest)
{
    /// <summary>Number of values.</summary>
    public long Parameters => Parts.Sum(part => part.Parameters);

    /// <summary>Looks into an adapter of any form.</summary>
    /// <param name="path">The file or folder.</param>
    /// <returns>What it tells. Whether it fits a base, and whether its values are sound, is seen when it is read.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: damaged, hostile, or no adapter.</exception>
    public static AdapterSummary Read(string path)
    {
        if (PeftFiles.Looks(path))
        {
            using var peft = PeftFiles.Open(path);
            return Of("peft", peft.Tensors.Tensors.Values, null);
        }

        if (Directory.Exists(path) || HerdArchive.Looks(path))
        {
            var herd = Directory.Exists(path) ? HerdFolder.Open(path) : HerdArchive.Open(path);
            return Of("herd", herd.Components.Values.SelectMany(TensorsOf), AdapterManifest.Parse(herd.ManifestJson, herd.Path));
        }

        using var file = TensorFile.Open(path);
        return Of(LayoutOf(OfficialLayout.Recognise(file), file), file.Tensors.Values, null);
    }

    private static List<TensorInfo> TensorsOf(Func<SafetensorsFile> open)
    {
        using var file = open();
        return [.. file.Tensors.Values];
    }

    private static string LayoutOf(IAdapterNames names, ITensorFile file) => names switch
    {
        EarlyNames => "early fusion",
        MultimodalNames => "multimodal",
        _ => file.Tensors.Keys.All(name => name == OfficialLayout.Query || name.EndsWith(".gate", StringComparison.Ordinal)) ? "v1" : "chat",
    };

    private static AdapterSummary Of(string layout, IEnumerable<TensorInfo> tensors, AdapterManifest? manifest)
    {
        var all = tensors.ToList();
        var parts = all.GroupBy(info => PartOf(info.Name)).OrderBy(part => part.Key, StringComparer.Ordinal)
            .Select(part => new AdapterPart(part.Key, part.Count(), part.Sum(Count), part.Sum(info => Count(info) * StoredType.Of(info.DType)!.Size)));
        var layers = all.Select(info => PartReader.LayerOf(info.Name)).OfType<long>().DefaultIfEmpty(-1).Max() + 1;
        var ranks = all.Where(info => IsFirstOfPair(info.Name)).Select(info => info.Shape is [var rank, ..] ? rank : 0).Distinct().Order();
        return new AdapterSummary(layout, (int)Math.Min(layers, int.MaxValue), [.. ranks], [.. parts], manifest);
    }

    private static long Count(TensorInfo info) => StoredType.Of(info.DType)!.Count([.. info.Shape])!.Value;

    private static string PartOf(string name)
    {
        if (VisualFrontEndShape.IsPart(name))
        {
            return ComponentNames.Visual;
        }

        if (name.Contains("lora_", StringComparison.Ordinal))
        {
            return ComponentNames.Lora;
        }

        var isPrompt = name == OfficialLayout.Query || name.StartsWith("prompts.", StringComparison.Ordinal) || name.EndsWith("gate", StringComparison.Ordinal) || name.EndsWith(".prompt", StringComparison.Ordinal);
        return isPrompt ? ComponentNames.Prompts : ComponentNames.Tuning;
    }

    private static bool IsFirstOfPair(string name) =>
        name.EndsWith("_l1.weight", StringComparison.Ordinal) || name.Contains("lora_A", StringComparison.Ordinal) || name.EndsWith(".lora_in", StringComparison.Ordinal);
}
