using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Every documented field with a value of every kind.</summary>
[Collection(typeof(HostileClients))]
public sealed class WrongFieldTests(HostileGateway gateway)
{
    private const int AtOnce = 8;
    private const string NoName = "{\"\\ud800\":1}";
    private const string InMessage = "messages[0].";

    private static readonly string[] Nothing = ["null"];
    private static readonly string[] Texts = ["\"\"", "\"text\"", "\"\\u0000\"", "\"\\ud83d\\ude00\""];
    private static readonly string[] Whole = ["0", "1", "-1", "-2147483648"];
    private static readonly string[] Fractions = ["0.5", "1e-45", "2147483648", "1e38"];
    private static readonly string[] Flags = ["true", "false"];

    // No field takes these.
    private static readonly string[] Never =
    [
        "NaN", "Infinity", "1e999", "-1e999", "99999999999999999999", "\"\\ud800\"", "[1,\"a\"]", "[[[]]]", "[null]", "{\"a\":{\"b\":[]}}", NoName, "[\"\\udfff\"]",
    ];

    private static readonly Field[] Common =
    [
        new("model", [], Texts), new("temperature", Nothing, Whole, Fractions), new("top_p", Nothing, Whole, Fractions), new("min_p", Nothing, Whole, Fractions),
        new("top_k", Nothing, Whole), new("presence_penalty", Nothing, Whole, Fractions), new("frequency_penalty", Nothing, Whole, Fractions),
        new("logit_bias", Nothing, ["{}"]), new("seed", Nothing, Whole, ["2147483648"]), new("stop", Nothing, Texts, ["[]"]), new("n", Nothing, Whole),
        new("max_tokens", Nothing, Whole), new("max_completion_tokens", Nothing, Whole), new("ignore_eos", Nothing, Flags), new("stream", Nothing, Flags),
        new("stream_options", Nothing), new("repetition_penalty", Nothing, ["1"]), new("stop_token_ids", Nothing, ["[]", "{}"]), new("min_tokens", Nothing, ["0"]),
        new("use_beam_search", Nothing, ["false"]),
    ];

    private static readonly Field[] Chat =
    [
        .. Common, new("messages", []), new("logprobs", Nothing, Flags), new("top_logprobs", Nothing, Whole), new("tools", Nothing, ["[]", "{}"]),
        new("tool_choice", Nothing), new("functions", Nothing, ["[]", "{}"]), new("function_call", Nothing), new("response_format", Nothing),
        new("modalities", Nothing, ["[]"]), new("audio", Nothing), new("prediction", Nothing), new("reasoning_effort", Nothing), new("store", Nothing, ["false"]),
        new("messages[0].role", []), new("messages[0].content", [], Texts, ["[]"]), new("messages[0].name", Nothing, ["[]"]), new("messages[0].tool_calls", Nothing, ["[]"]),
    ];

    private static readonly Field[] Plain =
    [
        .. Common, new("prompt", [], Texts), new("logprobs", Nothing, Whole), new("best_of", Nothing, ["1"]), new("echo", Nothing, ["false"]), new("suffix", Nothing, ["\"\""]),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Chat_EveryFieldWithEveryKindOfValue_IsServedOrNamesTheField() => SendAllAsync("/v1/chat/completions", Chat, ChatBody);

    [Fact]
    public Task Plain_EveryFieldWithEveryKindOfValue_IsServedOrNamesTheField() => SendAllAsync("/v1/completions", Plain, PlainBody);

    private async Task SendAllAsync(string path, Field[] fields, Func<Field, string, string> body)
    {
        var values = (string[])[.. Nothing, .. Texts, .. Whole, .. Fractions, .. Flags, "[]", "{}", .. Never];
        var faults = new ConcurrentBag<string>();
        var all = fields.SelectMany(field => values.Select(value => (field, value)));
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancellation }, async (one, _) =>
        {
            if (await FaultAsync(path, body(one.field, one.value), one.field, one.value) is { } fault)
            {
                faults.Add(fault);
            }
        });

        Assert.True(faults.IsEmpty, string.Join('\n', faults));
        await gateway.ExpectUnharmedAsync();
    }

    private async Task<string?> FaultAsync(string path, string json, Field field, string value)
    {
        using var content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        using var response = await gateway.Tenant.Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        if (response.IsSuccessStatusCode)
        {
            return field.Takes(value) ? null : $"{json} was served";
        }

        var error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        var isNamed = value is "NaN" or "Infinity" or NoName // no JSON at all
            || error.GetProperty("param").GetString()?.StartsWith(field.ErrorName, StringComparison.Ordinal) == true
            || error.GetProperty("code").GetString() == "context_length_exceeded";
        return (int)response.StatusCode is 400 or 404 && error.GetProperty("type").GetString() == "invalid_request_error" && isNamed
            ? null
            : $"{json}: {response.StatusCode} {text}";
    }

    private static string ChatBody(Field field, string value) => field.Name.StartsWith(InMessage, StringComparison.Ordinal)
        ? Body(("messages", $"[{Object([("role", "\"user\""), ("content", "\"x\"")], (field.Name[InMessage.Length..], value))}]"), ("model", "\"base\""))
        : Body(("messages", """[{"role":"user","content":"x"}]"""), (field.Name, value));

    private static string PlainBody(Field field, string value) => Body(("prompt", "\"x\""), (field.Name, value));

    private static string Body((string, string) prompt, (string, string) changed) =>
        Object([("model", "\"base\""), ("max_completion_tokens", "1"), prompt], changed);

    private static string Object((string Name, string Value)[] fields, (string Name, string Value) changed) =>
        "{" + string.Join(',', fields.Where(field => field.Name != changed.Name).Append(changed).Select(field => $"\"{field.Name}\":{field.Value}")) + "}";

    /// <summary>A field, and the values that it may take.</summary>
    private sealed record Field(string Name, params string[][] Values)
    {
        // The two names of one setting.
        public string ErrorName => Name == "max_completion_tokens" ? "max_" : Name;

        public bool Takes(string value) => Values.Any(values => values.Contains(value));
    }
}
