using System.Net.Http.Json;
using System.Text.Json;
using Herd.Engine.Experts;

namespace Herd.Demo.Evaluation;

/// <summary>Asks a gateway in OpenAI's form.</summary>
/// <param name="client">Knows the gateway's address and the key; borrowed.</param>
/// <param name="model">The model's name there.</param>
public sealed class HttpAsker(HttpClient client, string model)
{
    /// <summary>Asks.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The whole answer.</returns>
    /// <exception cref="HttpRequestException">The gateway refuses; the message holds what it says.</exception>
    public async Task<string> AskAsync(Asked asked, CancellationToken cancellationToken)
    {
        using var answer = await PostAsync(asked, cancellationToken).ConfigureAwait(false);
        return answer.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString() ?? "";
    }

    /// <summary>Asks, for the sake of an expert.</summary>
    /// <param name="asked">The question, with an expert's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the first expert said.</returns>
    /// <exception cref="HttpRequestException">The gateway refuses; the message holds what it says.</exception>
    public async Task<ExpertFinding> HearAsync(Asked asked, CancellationToken cancellationToken)
    {
        using var answer = await PostAsync(asked, cancellationToken).ConfigureAwait(false);
        var expert = answer.RootElement.GetProperty("experts")[0];
        return expert.TryGetProperty("text", out var text) ? new ExpertFinding(text.GetString()!, expert.GetProperty("confidence").GetSingle()) : ExpertFinding.Nothing;
    }

    private async Task<JsonDocument> PostAsync(Asked asked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var body = new Dictionary<string, object>
        {
            ["model"] = model,
            ["messages"] = new[] { new { role = "user", content = Content(asked) } },
            ["temperature"] = 0,
            ["max_tokens"] = EngineAsker.MaxTokens,
        };
        if (asked.Input is not null)
        {
            body["input"] = asked.Input;
        }

        if (asked.Experts.Count > 0)
        {
            body["experts"] = asked.Experts;
        }

        using var response = await client.PostAsJsonAsync("v1/chat/completions", body, cancellationToken).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"The gateway answered {(int)response.StatusCode}: {text}", null, response.StatusCode);
        }

        return JsonDocument.Parse(text);
    }

    private static object[] Content(Asked asked)
    {
        object text = new { type = "text", text = asked.Instruction };
        return asked.Picture is null
            ? [text]
            : [text, new { type = "image_url", image_url = new { url = "data:image/png;base64," + Convert.ToBase64String(asked.Picture) } }];
    }
}
