using System.Text.Json;
using Herd.Engine.Adapters;

namespace Herd.Cli.Adapters;

/// <summary>What <c>herd adapter inspect --json</c> prints: always the same fields, null where nothing tells them. Described in docs/engine.md, "Adapter files".</summary>
internal static class AdapterJson
{
    private static readonly JsonSerializerOptions Indented = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <param name="summary">What the file tells by itself.</param>
    /// <param name="package">The adapter as it was read over a base; null where none was named.</param>
    internal static string Of(AdapterSummary summary, AdapterPackage? package)
    {
        var manifest = package?.Manifest ?? summary.Manifest;
        return JsonSerializer.Serialize(
            new
            {
                summary.Layout,
                summary.Layers,
                summary.Ranks,
                summary.Parts,
                summary.Parameters,
                Checked = package is not null,
                manifest?.Version,
                manifest?.Base,
                Manifest = manifest is null ? (JsonElement?)null : JsonSerializer.Deserialize<JsonElement>(manifest.ToJson()),
            },
            Indented);
    }
}
