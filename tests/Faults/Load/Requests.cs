using System.Net.Http.Json;
using System.Text.Json;
using Herd.Faults.Clients;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;

namespace Herd.Faults.Load;

/// <summary>How clients ask.</summary>
internal static class Requests
{
    /// <summary>The adapter that every tenant has.</summary>
    public const string Adapter = "voice";

    /// <summary>Its alias.</summary>
    public const string Alias = "live";

    /// <summary>Greedy, and past the model's own end: always the same answer of always the same length.</summary>
    public static Sampling Greedy(int tokens) => new() { Temperature = 0, MaxTokens = tokens, IgnoreEnd = true };

    /// <summary>A model's name that means a version for good.</summary>
    public static string Pinned(string digest) => $"{Adapter}@sha256:{digest}";

    /// <summary>A prompt by itself.</summary>
    public static GenerateRequest Prompt(string model, Question question) => new() { Model = model, Text = question.Text, Sampling = Greedy(question.Tokens) };

    /// <summary>The same over HTTP.</summary>
    public static HttpRequestMessage Completion(string model, Question question) => new(HttpMethod.Post, new Uri("/v1/completions", UriKind.Relative))
    {
        Content = JsonContent.Create(new
        {
            model, prompt = question.Text, max_tokens = question.Tokens, temperature = 0, ignore_eos = true, stream = true, stream_options = new { include_usage = true },
        }),
    };

    /// <summary>Uploads an adapter without moving an alias.</summary>
    /// <returns>The version's digest.</returns>
    public static async Task<string> UploadAsync(ClusterTenant tenant, int gateway, AdapterForm form, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(File.OpenRead(Path.Combine(RepositoryFiles.Golden, "adapters", form.File)));
        using var response = await tenant.Http[gateway].PutAsync(new Uri($"/v1/adapters/{Adapter}?alias=&{form.Query}", UriKind.Relative), content, cancellationToken);
        var body = await ReadAsync(response, cancellationToken);
        return body.GetProperty("version").GetString() ?? throw new AnswerUnreadableException($"No version in {body}.");
    }

    /// <summary>Throws where a response is an error.</summary>
    public static async Task ExpectSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            throw Refused((int)response.StatusCode, text, response.Headers.RetryAfter?.Delta);
        }
    }

    /// <summary>The error in a body.</summary>
    public static Exception Refused(int status, string text, TimeSpan? retryAfter)
    {
        try
        {
            using var body = JsonDocument.Parse(text);
            var error = body.RootElement.GetProperty("error");
            return new HttpRefusedException(status, error.GetProperty("code").GetString()!, error.GetProperty("message").GetString()!, retryAfter);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new AnswerUnreadableException($"Status {status} with '{text}', which is no error of the interface.");
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await ExpectSuccessAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }
}
