using System.Text.Json;
using Herd.Contracts.Errors;

namespace Herd.Gateway.OpenAi;

/// <summary>Known fields that are not honoured: refused, where their value asks for anything, rather than dropped in silence.</summary>
internal static class RefusedFields
{
    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] Common =
    [
        // Not OpenAI's, but widely sent.
        ("repetition_penalty", value => IsNumber(value, 1)),
        ("stop_token_ids", IsEmpty),
        ("min_tokens", value => IsNumber(value, 0)),
        ("include_stop_str_in_output", IsFalse),
        ("use_beam_search", IsFalse),
    ];

    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] Chat =
    [
        ("tools", IsEmpty),
        ("tool_choice", value => IsText(value, "none", "auto")),
        ("functions", IsEmpty),
        ("function_call", value => IsText(value, "none", "auto")),
        ("response_format", value => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out var type) && IsText(type, "text")),
        ("modalities", value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => IsText(item, "text"))),
        ("audio", _ => false),
        ("prediction", _ => false),
        ("web_search_options", _ => false),
        ("reasoning_effort", value => IsText(value, "none")),
        ("store", IsFalse),
    ];

    private static readonly (string Name, Func<JsonElement, bool> AsksForNothing)[] Plain =
    [
        ("echo", IsFalse),
        ("suffix", value => IsText(value, "")),
    ];

    /// <summary>Throws where a chat request asks for something that is not honoured.</summary>
    /// <param name="fields">The body.</param>
    /// <exception cref="HerdException">It does.</exception>
    public static void CheckChat(JsonFields fields) => Check(fields, Chat);

    /// <summary>Throws where a plain request asks for something that is not honoured.</summary>
    /// <param name="fields">The body.</param>
    /// <exception cref="HerdException">It does.</exception>
    public static void CheckPlain(JsonFields fields) => Check(fields, Plain);

    private static void Check(JsonFields fields, (string Name, Func<JsonElement, bool> AsksForNothing)[] own)
    {
        foreach (var (name, asksForNothing) in Common.Concat(own))
        {
            if (fields.Find(name) is { } value && !asksForNothing(value))
            {
                throw HerdException.Invalid(name, $"'{name}' is not supported with this value. Leave it out.");
            }
        }
    }

    private static bool IsFalse(JsonElement value) => value.ValueKind == JsonValueKind.False;

    private static bool IsNumber(JsonElement value, double number) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var found) && found == number;

    private static bool IsText(JsonElement value, params string[] texts) =>
        value.ValueKind == JsonValueKind.String && texts.Contains(JsonFields.TryText(value));

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };
}
