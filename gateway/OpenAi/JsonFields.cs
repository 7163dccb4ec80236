using System.Collections.Immutable;
using System.Text.Json;
using Herd.Contracts.Errors;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads the fields of one JSON object strictly: a field is absent (or null), of the right type, or an error that names it.</summary>
/// <param name="json">The object.</param>
/// <param name="path">What stands in front of a field's name in errors; empty for the body itself.</param>
internal readonly struct JsonFields(JsonElement json, string path = "")
{
    /// <summary>Reads a value as an object.</summary>
    /// <param name="json">The value.</param>
    /// <param name="path">Its name; empty for the body.</param>
    /// <returns>Its fields.</returns>
    /// <exception cref="HerdException">It is no object.</exception>
    public static JsonFields Of(JsonElement json, string path = "") => json.ValueKind == JsonValueKind.Object
        ? new JsonFields(json, path.Length == 0 ? "" : path + ".")
        : throw Wrong(path.Length == 0 ? "body" : path, "an object", json);

    /// <summary>A field's full name.</summary>
    /// <param name="name">Its name within this object.</param>
    /// <returns>The path from the body.</returns>
    public string PathOf(string name) => path + name;

    /// <summary>A field's value, whatever its type.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The value, or null where the field is absent or null.</returns>
    public JsonElement? Find(string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A field that must be there.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The value.</returns>
    /// <exception cref="HerdException">It is absent.</exception>
    public JsonElement Require(string name) => Find(name) ?? throw HerdException.Invalid(PathOf(name), $"'{PathOf(name)}' is missing.");

    /// <summary>A text that must be there.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The text.</returns>
    /// <exception cref="HerdException">It is absent or no text.</exception>
    public string RequireText(string name) => Text(Require(name), PathOf(name));

    /// <summary>A list of texts.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The texts, or null where the field is absent.</returns>
    /// <exception cref="HerdException">It is of another type.</exception>
    public ImmutableArray<string>? Texts(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => Texts(value, PathOf(name)),
        { } other => throw Wrong(PathOf(name), "an array of strings", other),
    };

    /// <summary>A true-or-false field.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its value; false where it is absent.</returns>
    /// <exception cref="HerdException">It is of another type.</exception>
    public bool Flag(string name) => Find(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { } other => throw Wrong(PathOf(name), "true or false", other),
    };

    /// <summary>A number.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The number, or null where it is absent.</returns>
    /// <exception cref="HerdException">It is of another type, or not representable.</exception>
    public float? Number(string name) => Find(name) is { } value ? Number(value, PathOf(name)) : null;

    /// <summary>A value as a number.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">Its name.</param>
    /// <returns>The number.</returns>
    /// <exception cref="HerdException">It is of another type, or not representable.</exception>
    public static float Number(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && float.IsFinite(number) ? number : throw Wrong(path, "a number", value);

    /// <summary>A whole number of 32 bits.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The number, or null where it is absent.</returns>
    /// <exception cref="HerdException">It is of another type, or too large.</exception>
    public int? Integer(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) => number,
        { } other => throw Wrong(PathOf(name), "a whole number of 32 bits", other),
    };

    /// <summary>A whole number of 64 bits.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The number, or null where it is absent.</returns>
    /// <exception cref="HerdException">It is of another type, or too large.</exception>
    public long? LongInteger(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) => number,
        { } other => throw Wrong(PathOf(name), "a whole number of 64 bits", other),
    };

    /// <summary>A value as text.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">Its name.</param>
    /// <returns>The text.</returns>
    /// <exception cref="HerdException">It is of another type, or no valid Unicode.</exception>
    public static string Text(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw Wrong(path, "a string", value);
        }

        return TryText(value) ?? throw HerdException.Invalid(path, $"'{path}' holds half a surrogate pair.");
    }

    /// <summary>A string's text.</summary>
    /// <param name="value">The string.</param>
    /// <returns>The text; null where it is no valid Unicode.</returns>
    public static string? TryText(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The error for a value of the wrong type.</summary>
    /// <param name="path">The field.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="found">What it is.</param>
    /// <returns>The error.</returns>
    public static HerdException Wrong(string path, string expected, JsonElement found) =>
        HerdException.Invalid(path, $"'{path}' must be {expected}; found {Describe(found)}.");

    private static ImmutableArray<string> Texts(JsonElement value, string path) =>
        [.. value.EnumerateArray().Select((text, index) => Text(text, $"{path}[{index}]"))];

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.GetRawText() is { Length: <= 40 } text ? text : "a long number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}
