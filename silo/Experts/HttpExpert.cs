using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Engine.Experts;

namespace Herd.Silo.Experts;

/// <summary>An expert behind an address: a JSON object is posted to it, and one comes back.</summary>
/// <remarks>
/// Sent: <c>{"expert":"NAME","text":"...","picture":"BASE64","picture_type":"image/png"}</c>, text and picture where the operator allows it. Expected:
/// <c>{"text":"...","confidence":0.9}</c>, with an empty text for nothing. No redirect is followed, no proxy asked, no cookie kept.
/// </remarks>
internal sealed class HttpExpert : IExpert, IDisposable
{
    private const int LeastSide = 0;
    private const int MaxDepth = 8;
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(1);

    private readonly HttpExpertOptions _options;
    private readonly bool _isPrivate;
    private readonly HttpClient _client;

    public HttpExpert(string name, HttpExpertOptions options, IEnumerable<string> privateHosts)
    {
        (Name, _options) = (name, options);
        Label = options.Label ?? char.ToUpper(name[0], CultureInfo.InvariantCulture) + name[1..];
        _isPrivate = privateHosts.Contains(options.Url!.Host, StringComparer.OrdinalIgnoreCase);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
            PooledConnectionLifetime = ConnectionLife, // then the name is looked up again
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // whoever asks has a limit
        };
        _client.DefaultRequestHeaders.Authorization = options.Key is { Length: > 0 } key ? new AuthenticationHeaderValue("Bearer", key) : null;
    }

    public string Name { get; }

    public string Label { get; }

    public string Settings => $"{_options.Url}/{_options.SendsPicture}/{_options.SendsText}";

    public bool NeedsPicture => _options.SendsPicture;

    public bool NeedsText => _options.SendsText;

    public TimeSpan TimeLimit => _options.TimeLimit;

    public async Task<ExpertFinding> AskAsync(ExpertQuestion question, CancellationToken cancellationToken)
    {
        var picture = _options.SendsPicture ? await question.Picture!.ToPngAsync(LeastSide, cancellationToken).ConfigureAwait(false) : null;
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url)
        {
            Content = JsonContent.Create(new Question(Name, _options.SendsText ? question.Text : null, picture, picture is null ? null : "image/png"), options: Json),
        };
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK
                ? Read(await ReadBodyAsync(response.Content, cancellationToken).ConfigureAwait(false))
                : throw new ExpertException($"The expert answered with status {(int)response.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw exception.InnerException as ExpertException ?? new ExpertException("The expert cannot be reached.", detail: exception.Message, inner: exception);
        }
    }

    public void Dispose() => _client.Dispose();

    private static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Connects to an address that was looked at: what a name stands for may be anything by the time it is connected to.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var found = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        var allowed = _isPrivate ? found : [.. found.Where(PublicAddresses.Contain)];
        if (allowed.Length == 0)
        {
            throw new ExpertException("The expert's host has no public address.", detail: $"'{context.DnsEndPoint.Host}' is {string.Join(", ", found.AsEnumerable())}.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Whatever length it announces.
    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var body = new byte[_options.MaxResponseBytes + 1];
        await using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return length < body.Length
            ? body.AsMemory(0, length)
            : throw new ExpertException($"The expert answered with more than {_options.MaxResponseBytes} bytes.");
    }

    private static ExpertFinding Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return json.RootElement.GetProperty("text").GetString() is { } text && json.RootElement.GetProperty("confidence").GetSingle() is >= 0 and <= 1 and var confidence
                ? new ExpertFinding(text, confidence)
                : throw Unexpected();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Unexpected();
        }
    }

    private static ExpertException Unexpected() => new("The expert answered with something else than a text and a confidence from 0 to 1.");

    private sealed record Question(string Expert, string? Text, byte[]? Picture, string? PictureType);
}
