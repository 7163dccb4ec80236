using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Herd.Engine.Checkpoints;
using Herd.Engine.Prompts;

namespace Herd.Engine.Adapters.Formats;

/// <summary>The manifest as JSON: one canonical text per manifest, and a reader that takes any order but no unknown field.</summary>
internal static class ManifestJson
{
    private const string FormatField = "herd";
    private const string Cure = "Convert the adapter again with this program.";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { SortProperties } },
    };

    internal static string Write(AdapterManifest manifest) => JsonSerializer.Serialize(manifest, Options);

    internal static string Digest(AdapterManifest manifest) => Sha256Hex.Of(Encoding.UTF8.GetBytes(Write(manifest)));

    internal static AdapterManifest Read(string json, string path)
    {
        try
        {
            CheckFormat(json, path);
            var manifest = JsonSerializer.Deserialize<AdapterManifest>(json, Options) ?? throw Refuse(path, "an object", "null");
            CheckValues(manifest, path);
            return manifest;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Refuse(path, "an adapter's manifest", error.Message.TrimEnd('.'), error);
        }
    }

    /// <summary>Insists that a manifest says what the tensors say, field by field, so that the message can name the one that differs.</summary>
    internal static void ExpectEqual(AdapterManifest told, AdapterManifest found, string path)
    {
        var (left, right) = (JsonSerializer.SerializeToElement(told, Options), JsonSerializer.SerializeToElement(found, Options));
        foreach (var name in left.EnumerateObject().Concat(right.EnumerateObject()).Select(entry => entry.Name).Distinct(StringComparer.Ordinal))
        {
            var (says, holds) = (Text(left, name), Text(right, name));
            if (says != holds)
            {
                throw Refuse(path, $"'{name}' {holds}, as its tensors have it", says);
            }
        }
    }

    internal static CheckpointException Refuse(string path, string expected, string found, Exception? inner = null) =>
        new(path, null, expected, found, Cure, inner);

    private static string Text(JsonElement manifest, string name) => manifest.TryGetProperty(name, out var value) ? value.GetRawText() : "nothing";

    /// <summary>Looks at the format first: fields that a later format adds must not be called mistakes.</summary>
    private static void CheckFormat(string json, string path)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(FormatField, out var format))
        {
            throw Refuse(path, $"an object with the field '{FormatField}'", "other JSON");
        }

        if (format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out var number) || number != AdapterManifest.CurrentFormat)
        {
            throw Refuse(path, $"'{FormatField}' {AdapterManifest.CurrentFormat}", CheckpointException.Quote(format.GetRawText()));
        }
    }

    private static void CheckValues(AdapterManifest manifest, string path)
    {
        if (!Sha256Hex.IsOne(manifest.Base))
        {
            throw Refuse(path, "64 lower-case hexadecimal digits as 'base'", CheckpointException.Quote(manifest.Base));
        }

        if (!PromptTemplate.All.Any(template => template.Name == manifest.Template))
        {
            var known = string.Join(", ", PromptTemplate.All.Select(template => template.Name));
            throw Refuse(path, $"'template' {known}", CheckpointException.Quote(manifest.Template));
        }

        if (manifest.Components.IsEmpty)
        {
            throw Refuse(path, "at least one component", "none");
        }

        foreach (var (name, component) in manifest.Components)
        {
            if (!ComponentNames.All.Contains(name))
            {
                throw Refuse(path, $"components {string.Join(", ", ComponentNames.All)}", CheckpointException.Quote(name));
            }

            if (component is null || !Sha256Hex.IsOne(component.Digest))
            {
                throw Refuse(path, $"64 lower-case hexadecimal digits as digest of '{name}'", CheckpointException.Quote(component?.Digest ?? "null"));
            }
        }
    }

    private static void SortProperties(JsonTypeInfo type)
    {
        var order = 0;
        foreach (var property in type.Properties.OrderBy(property => property.Name, StringComparer.Ordinal).ToList())
        {
            property.Order = order++;
        }
    }
}
