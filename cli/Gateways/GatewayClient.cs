using System.Net.Http.Headers;
using System.Net.Mime;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Herd.Cli.Gateways;

/// <summary>Calls a gateway over HTTP. Its errors become the command's own.</summary>
internal sealed class GatewayClient : IDisposable
{
    private const int PageSize = 100;

    private readonly HttpClient _http;

    internal GatewayClient(Uri address, string key)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Knows address and key; borrowed.</summary>
    internal HttpClient Http => _http;

    public void Dispose() => _http.Dispose();

    /// <summary>Reads what is at a path, bit by bit.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <exception cref="CommandException">The gateway refused, or was lost.</exception>
    internal Task<T> ReadAsync<T>(string path, Func<Stream, Task<T>> read, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, content: null, read, cancellationToken);

    /// <summary>Reads a list to its end, page by page.</summary>
    /// <param name="path">Where it is, without a query.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its entries; each holds until the next is asked for.</returns>
    /// <exception cref="CommandException">The gateway refused, or was lost.</exception>
    internal async IAsyncEnumerable<JsonElement> ListAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var token = "";
        do
        {
            using var page = await ReadAsync(
                $"{path}?limit={PageSize}&page_token={Uri.EscapeDataString(token)}",
                content => JsonDocument.ParseAsync(content, cancellationToken: cancellationToken),
                cancellationToken).ConfigureAwait(false);
            foreach (var entry in page.RootElement.GetProperty("data").EnumerateArray())
            {
                yield return entry;
            }

            token = page.RootElement.GetProperty("next_page_token").GetString();
        }
        while (token is not null);
    }

    /// <summary>Deletes what is at a path.</summary>
    /// <exception cref="CommandException">The gateway refused, or was lost.</exception>
    internal Task DeleteAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Delete, path, content: null, _ => Task.FromResult(true), cancellationToken);

    /// <summary>Sends bytes to a path, and reads what is said of them.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <exception cref="CommandException">The gateway refused, or was lost.</exception>
    internal Task<T> PostAsync<T>(string path, HttpContent? content, Func<Stream, Task<T>> read, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, content, read, cancellationToken);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, Func<Stream, Task<T>> read, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            await using var answer = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await read(answer).ConfigureAwait(false)
                : throw new CommandException(await ReasonAsync(response, answer, cancellationToken).ConfigureAwait(false), isMisuse: false);
        }
        catch (Exception lost) when (lost is HttpRequestException or HttpIOException)
        {
            throw new CommandException($"The gateway at {_http.BaseAddress} does not answer: {lost.Message}", isMisuse: false);
        }
        catch (Exception foreign) when (foreign is JsonException or KeyNotFoundException)
        {
            throw new CommandException($"What answers at {_http.BaseAddress} is no gateway of this version.", isMisuse: false);
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, Stream content, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType == MediaTypeNames.Application.Json)
        {
            using var body = await JsonDocument.ParseAsync(content, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (body.RootElement.TryGetProperty("error", out var error) && error.TryGetProperty("message", out var message))
            {
                return message.GetString()!;
            }
        }

        return $"{response.RequestMessage!.RequestUri} answered with status {(int)response.StatusCode}. Is it a gateway?";
    }
}
