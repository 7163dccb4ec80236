using System.Collections.Immutable;
using System.Text.Json;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads the body of a plain completion.</summary>
internal static class PlainRequestReader
{
    private const string Field = "prompt";
    private const string Expected = "a string, an array of strings, an array of token ids, or an array of arrays of token ids";

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="options">The limits.</param>
    /// <returns>The request.</returns>
    /// <exception cref="HerdException">A field is missing, of the wrong type, or asks for what is not honoured.</exception>
    public static OpenAiRequest Read(JsonElement body, GatewayOptions options)
    {
        var fields = JsonFields.Of(body);
        RefusedFields.CheckPlain(fields);
        if (fields.Integer("best_of") is { } best && best != (fields.Integer("n") ?? 1))
        {
            throw HerdException.Invalid("best_of", "'best_of' must be 'n': all answers are given. Leave it out.");
        }

        return CommonFields.Read(fields, ReadPrompts(fields.Require(Field)), picture: null, CommonFields.ReadLikeliest(fields, "logprobs"), options.MaxChoices);
    }

    private static ImmutableArray<Prompt> ReadPrompts(JsonElement prompt)
    {
        if (prompt.ValueKind == JsonValueKind.String)
        {
            return [new TextPrompt(JsonFields.Text(prompt, Field))];
        }

        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0)
        {
            throw JsonFields.Wrong(Field, Expected, prompt);
        }

        return prompt[0].ValueKind switch
        {
            JsonValueKind.String => [.. prompt.EnumerateArray().Select((text, index) => new TextPrompt(JsonFields.Text(text, $"{Field}[{index}]")))],
            JsonValueKind.Number => [ReadTokens(prompt, Field)],
            JsonValueKind.Array => [.. prompt.EnumerateArray().Select((ids, index) => ReadTokens(ids, $"{Field}[{index}]"))],
            _ => throw JsonFields.Wrong($"{Field}[0]", "a string, a token id or an array of token ids", prompt[0]),
        };
    }

    private static TokenPrompt ReadTokens(JsonElement ids, string path)
    {
        if (ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() == 0)
        {
            throw JsonFields.Wrong(path, "an array of at least one token id", ids);
        }

        return new TokenPrompt([.. ids.EnumerateArray().Select((id, index) => ReadToken(id, $"{path}[{index}]"))]);
    }

    private static int ReadToken(JsonElement id, string path) =>
        id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var token) && token >= 0
            ? token
            : throw JsonFields.Wrong(path, "a token id", id);
}
