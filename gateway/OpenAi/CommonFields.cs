using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads the fields that chat and plain completions share.</summary>
internal static class CommonFields
{
    /// <summary>Reads a request's common fields around its prompts.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="prompts">The prompts, read already.</param>
    /// <param name="picture">The picture in force, if any.</param>
    /// <param name="likeliestTokens">Likely tokens to report beside each; null for no log-probabilities.</param>
    /// <param name="maximumAnswers">Most answers of one request.</param>
    /// <returns>The request.</returns>
    /// <exception cref="HerdException">A field is wrong.</exception>
    public static OpenAiRequest Read(JsonFields fields, ImmutableArray<Prompt> prompts, ReadOnlyMemory<byte>? picture, int? likeliestTokens, int maximumAnswers)
    {
        var answers = fields.Integer("n") ?? 1;
        var all = (long)answers * prompts.Length;
        if (answers < 1 || all > maximumAnswers)
        {
            throw HerdException.Invalid("n", $"'n' times the number of prompts must be 1 to {maximumAnswers}; found {all}.");
        }

        var stream = fields.Flag("stream");
        return new OpenAiRequest
        {
            Model = fields.RequireText("model"),
            User = ReadUser(fields),
            Experts = fields.Texts("experts"),
            Prompts = prompts,
            AnswersPerPrompt = answers,
            Picture = picture,
            Stream = stream,
            IncludeUsage = ReadIncludeUsage(fields, stream),
            Sampling = new SamplingParameters
            {
                Temperature = fields.Number("temperature"),
                TopP = fields.Number("top_p"),
                Seed = fields.LongInteger("seed"),
                MaxTokens = ReadMaxTokens(fields),
                Stop = ReadStop(fields),
                TopK = fields.Integer("top_k") is { } topK and not (0 or -1) ? topK : null, // both mean all to those who send it
                MinP = fields.Number("min_p"),
                PresencePenalty = fields.Number("presence_penalty"),
                FrequencyPenalty = fields.Number("frequency_penalty"),
                LogitBias = ReadBias(fields),
                IgnoreEnd = fields.Flag("ignore_eos"),
                LikeliestTokens = likeliestTokens,
            },
        };
    }

    /// <summary>Reads how many likely tokens are reported beside each.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="name">The field's name.</param>
    /// <returns>How many, or null where the field is absent.</returns>
    /// <exception cref="HerdException">It is wrong.</exception>
    public static int? ReadLikeliest(JsonFields fields, string name)
    {
        var count = fields.Integer(name);
        return count is null or (>= 0 and <= SamplingSize.MaxLikeliest)
            ? count
            : throw HerdException.Invalid(name, $"'{name}' must be 0 to {SamplingSize.MaxLikeliest}; found {count}.");
    }

    // Both are read: one that is wrong is not let through because the other is right.
    private static int? ReadMaxTokens(JsonFields fields)
    {
        var old = fields.Integer("max_tokens");
        return fields.Integer("max_completion_tokens") ?? old;
    }

    private static string? ReadUser(JsonFields fields) =>
        fields.Find("user") is { } user && JsonFields.Text(user, "user") is { Length: > 0 } named ? named : null;

    private static ImmutableDictionary<int, float> ReadBias(JsonFields fields)
    {
        var bias = ImmutableDictionary.CreateBuilder<int, float>();
        if (fields.Find("logit_bias") is { } value)
        {
            _ = JsonFields.Of(value, "logit_bias");
            foreach (var entry in value.EnumerateObject())
            {
                // By the entry itself: to look each of many names up would take for ever.
                bias[TokenOf(entry.Name)] = JsonFields.Number(entry.Value, $"logit_bias.{entry.Name}");
            }
        }

        return bias.ToImmutable();
    }

    private static int TokenOf(string name) => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var token)
        ? token
        : throw HerdException.Invalid("logit_bias", "The names in 'logit_bias' must be token ids.");

    private static bool ReadIncludeUsage(JsonFields fields, bool stream)
    {
        if (fields.Find("stream_options") is not { } options)
        {
            return false;
        }

        return stream
            ? JsonFields.Of(options, "stream_options").Flag("include_usage")
            : throw HerdException.Invalid("stream_options", "'stream_options' is only allowed where 'stream' is true.");
    }

    private static ImmutableArray<string> ReadStop(JsonFields fields) => fields.Find("stop") switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } one => [JsonFields.Text(one, "stop")],
        { ValueKind: JsonValueKind.Array } several => [.. several.EnumerateArray().Select((text, index) => JsonFields.Text(text, $"stop[{index}]"))],
        { } other => throw JsonFields.Wrong("stop", "a string or an array of strings", other),
    };
}
