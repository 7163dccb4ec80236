using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Herd.Engine.Adapters.Formats;

namespace Herd.Engine.Adapters;

/// <summary>What a version of an adapter is: its base, its parts, and the digests of the components that hold their tensors. Immutable.</summary>
/// <remarks>The digest of its canonical JSON names the version. What tensors tell is checked against them when the adapter is read.</remarks>
public sealed record AdapterManifest
{
    /// <summary>The layout of manifests that this program writes and reads.</summary>
    internal const int CurrentFormat = 1;

    /// <summary>The layout of the manifest.</summary>
    [JsonPropertyName("herd")]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Digest of the base the adapter belongs to, lower-case hexadecimal SHA-256.</summary>
    public required string Base { get; init; }

    /// <summary>Prompt template it was trained with, one of <see cref="Prompts.PromptTemplate.All"/>.</summary>
    public required string Template { get; init; }

    /// <summary>The components by name: <c>visual</c>, <c>prompts</c>, <c>tuning</c>, <c>lora</c>.</summary>
    public required ImmutableSortedDictionary<string, ManifestComponent> Components { get; init; }

    /// <summary>The visual front end; null for an adapter that takes no pictures.</summary>
    public ManifestVisual? Visual { get; init; }

    /// <summary>The prompts; null where there are none.</summary>
    public ManifestPrompts? Prompts { get; init; }

    /// <summary>Early fusion; null where the picture is added to the prompts of all layers that have them.</summary>
    public ManifestEarlyFusion? EarlyFusion { get; init; }

    /// <summary>The low-rank matrices; null where there are none.</summary>
    public ManifestLora? Lora { get; init; }

    /// <summary>The tuned linears and norms; null where there are none.</summary>
    public ManifestTuning? Tuning { get; init; }

    /// <summary>Number of values in all components.</summary>
    [JsonIgnore]
    public long Parameters => Components.Values.Sum(component => component.Parameters);

    /// <summary>Stored bytes of all components.</summary>
    [JsonIgnore]
    public long Bytes => Components.Values.Sum(component => component.Length);

    /// <summary>Whether it has a visual front end.</summary>
    [JsonIgnore]
    public bool TakesPictures => Visual is not null;

    /// <summary>The name of the version: lower-case hexadecimal SHA-256 over <see cref="ToJson"/>.</summary>
    [JsonIgnore]
    public string Version => ManifestJson.Digest(this);

    /// <summary>The canonical text: UTF-8, keys in ordinal order, no white space, absent parts left out.</summary>
    /// <returns>The JSON object.</returns>
    public string ToJson() => ManifestJson.Write(this);

    /// <summary>Reads a manifest; the order of its keys and its white space do not matter.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">Where it lies; names it in errors.</param>
    /// <returns>The manifest. Whether it tells the truth about tensors is seen when they are read.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: another format; an unknown, missing or damaged field.</exception>
    public static AdapterManifest Parse(string json, string path) => ManifestJson.Read(json, path);
}
