using Herd.Engine.Bases;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads the components that a manifest names, each from its own file.</summary>
internal static class HerdReader
{
    internal static AdapterParts Read(AdapterManifest manifest, HerdFiles files, LlamaConfig config)
    {
        ExpectSameNames(manifest, files);
        var parts = new AdapterParts();
        foreach (var name in manifest.Components.Keys)
        {
            using var file = files.Components[name]();
            var reader = new PartReader(file, CanonicalNames.Instance, config);
            reader.ExpectLayersOfBase();
            switch (name)
            {
                case ComponentNames.Visual:
                    AdapterReader.ReadVisual(reader, manifest.Visual?.Heads, parts);
                    break;
                case ComponentNames.Prompts:
                    AdapterReader.ReadPrompts(reader, length: null, parts);
                    break;
                default:
                    AdapterReader.ReadTuning(reader, parts);
                    break;
            }

            reader.ExpectAllTaken();
        }

        ExpectPromptsForPictures(parts, files);
        return parts;
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

    /// <summary>What the visual front end computes is added to the prompts, slot by slot.</summary>
    private static void ExpectPromptsForPictures(AdapterParts parts, HerdFiles files)
    {
        if (parts.Visual is { } visual && parts.Prompts?.Length != visual.QueryLength)
        {
            throw ManifestJson.Refuse(
                files.Path, $"{visual.QueryLength} prompts in a layer, as the visual front end fills", $"{parts.Prompts?.Length ?? 0}");
        }
    }
}
