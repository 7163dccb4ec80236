using Herd.Engine.Bases;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads the components that a manifest names, each from its own file.</summary>
internal static class HerdReader
{
    internal static AdapterParts Read(AdapterManifest manifest, HerdFiles files, LlamaConfig config)
    {
        ExpectSameNames(manifest, files);
        var parts = new AdapterParts();

        // Prompts last: what they may be depends on the visual front end.
        foreach (var name in manifest.Components.Keys.OrderBy(name => name == ComponentNames.Prompts))
        {
            using var file = files.Components[name]();
            var reader = new PartReader(file, CanonicalNames.Instance, config);
            reader.ExpectLayersOfBase();
            ReadComponent(name, manifest, reader, parts);
            reader.ExpectAllTaken();
        }

        ExpectPromptsForPictures(parts, files);
        return parts;
    }

    private static void ReadComponent(string name, AdapterManifest manifest, PartReader reader, AdapterParts parts)
    {
        switch (name)
        {
            case ComponentNames.Visual:
                AdapterReader.ReadVisual(reader, manifest.Visual?.Heads, parts);
                break;
            case ComponentNames.Lora:
                LoraReader.Read(reader, parts);
                break;
            case ComponentNames.Tuning:
                AdapterReader.ReadTuning(reader, manifest.Tuning?.Order ?? ScaleOrder.Input, parts);
                break;
            default:
                ReadPrompts(manifest, reader, parts);
                break;
        }
    }

    private static void ReadPrompts(AdapterManifest manifest, PartReader reader, AdapterParts parts)
    {
        if (manifest.EarlyFusion is null || reader.Has(reader.Names.Query))
        {
            var form = new PromptForm(null, manifest.Prompts?.Gate ?? GateForm.Tanh, manifest.Prompts?.KeyValues ?? PromptProjection.Base);
            PromptReader.Read(reader, form, parts);
        }

        if (manifest.EarlyFusion is not null)
        {
            PromptReader.ReadVisualGates(reader, parts);
        }
    }

    private static void ExpectSameNames(AdapterManifest manifest, HerdFiles files)
    {
        if (!manifest.Components.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(files.Components.Keys))
        {
            throw ManifestJson.Refuse(
                files.Path,
                $"the components it names ({string.Join(", ", manifest.Components.Keys)})",
                files.Components.Count == 0 ? "none" : string.Join(", ", files.Components.Keys.Order(StringComparer.Ordinal)));
        }
    }

    /// <summary>Without early fusion, what the visual front end computes is added to the prompts, slot by slot.</summary>
    private static void ExpectPromptsForPictures(AdapterParts parts, HerdFiles files)
    {
        if (parts.EarlyFusion is null && parts.Visual is { } visual && parts.Prompts?.Length != visual.QueryLength)
        {
            throw ManifestJson.Refuse(
                files.Path, $"{visual.QueryLength} prompts in a layer, as the visual front end fills", $"{parts.Prompts?.Length ?? 0}");
        }
    }
}
