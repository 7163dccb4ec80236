using System.Text.Json;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Bases;

/// <summary>The fields of a model's configuration file, each checked against the range a model of this kind can have.</summary>
internal sealed class ConfigFile
{
    private const int LongestQuote = 80;

    private readonly string _path;
    private readonly JsonElement _root;

    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: not a JSON object, or a field stands twice.</exception>
    internal ConfigFile(string json, string path)
    {
        _path = path;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            _root = document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Refuse("a JSON object", $"damaged JSON ({e.Message.TrimEnd('.')})", e);
        }

        if (_root.ValueKind != JsonValueKind.Object)
        {
            throw Refuse("a JSON object", $"{_root.ValueKind}");
        }
    }

    private ConfigFile(JsonElement root, string path)
    {
        (_root, _path) = (root, path);
    }

    internal IEnumerable<string> Names => _root.EnumerateObject().Select(entry => entry.Name);

    /// <summary>The value of a field; null where it is absent or stands as null.</summary>
    internal JsonElement? Find(string field) =>
        _root.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal int Int(string field, int least, int most) =>
        TryInt(field, least, most) ?? throw Refuse(field, $"a whole number from {least} to {most}", "no such field");

    internal int? TryInt(string field, int least, int most)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        return TryInt(value, least, most) ?? throw Refuse(field, $"a whole number from {least} to {most}", Quote(value));
    }

    /// <summary>A field that holds a whole number, or a list of them.</summary>
    internal IReadOnlyList<int>? TryInts(string field, int least, int most, int mostOfThem)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        var entries = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Take(mostOfThem + 1).ToList() : [value];
        var numbers = entries.Select(entry => TryInt(entry, least, most)).OfType<int>().ToList();
        return numbers.Count == entries.Count && numbers.Count >= 1 && numbers.Count <= mostOfThem
            ? numbers
            : throw Refuse(field, $"a whole number from {least} to {most}, or a list of 1 to {mostOfThem} of them", Quote(value));
    }

    internal double? TryNumber(string field, double least, double most)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Refuse(field, $"a number from {least} to {most}", Quote(value));
    }

    internal string Text(string field) => Find(field) is { } value
        ? Text(value) ?? throw Refuse(field, "a text", Quote(value))
        : throw Refuse(field, "a text", "no such field");

    internal bool? TryBool(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Refuse(field, "true or false", Quote(value)),
    };

    internal ConfigFile? TryObject(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ConfigFile(value, _path),
        { } value => throw Refuse(field, "an object", Quote(value)),
    };

    /// <summary>Refuses a field whose text is none of those that are supported; absent is fine.</summary>
    internal void ExpectText(string field, params string[] supported)
    {
        if (Find(field) is { } value && !(supported.Contains(Text(value))))
        {
            throw Refuse(field, string.Join(" or ", supported.Select(text => $"'{text}'")), Quote(value));
        }
    }

    internal EngineException Refuse(string field, string expected, string found) => Refuse(expected, found, null, field);

    /// <summary>A value as text; null for another kind, and for text that holds half a character.</summary>
    internal static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    internal static string Quote(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= LongestQuote ? text : text[..LongestQuote] + "...";
    }

    private static int? TryInt(JsonElement value, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most ? number : null;

    private EngineException Refuse(string expected, string found, Exception? inner, string? field = null)
    {
        var where = field is null ? "" : $"field '{field}': ";
        return new EngineException(
            EngineErrorCode.InvalidFile,
            $"{Path.GetFileName(_path)}: {where}expected {CheckpointException.Brief(expected)}, found {CheckpointException.Brief(found)}. Check that the file belongs to a LLaMA base that is supported.",
            inner);
    }

    private EngineException Refuse(string expected, string found) => Refuse(expected, found, inner: null);
}
