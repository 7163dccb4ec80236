using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Testing.Cluster;

/// <summary>A tenant with clients at both gateways. Calls are given up with the test that makes them.</summary>
public sealed class ClusterTenant : IDisposable
{
    // Otherwise a channel fails calls by itself for up to two minutes after its gateway is back.
    private static readonly GrpcChannelOptions Impatient = new()
    {
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(100), MaxReconnectBackoff = TimeSpan.FromMilliseconds(500),
    };

    internal ClusterTenant(HerdCluster cluster, string name, string key)
    {
        (Name, Key) = (name, key);
        Http = [.. new[] { 0, 1 }.Select(gateway => new HttpClient { BaseAddress = cluster.Http(gateway), Timeout = TimeSpan.FromMinutes(2) })];
        foreach (var client in Http)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        Channels = [.. new[] { 0, 1 }.Select(gateway => GrpcChannel.ForAddress(cluster.Grpc(gateway), Impatient))];
        AdminChannels = [.. new[] { 0, 1 }.Select(gateway => GrpcChannel.ForAddress(cluster.AdminGrpc(gateway), Impatient))];
        Metadata = new Metadata { { "authorization", $"Bearer {key}" } };
    }

    /// <summary>The tenant's name.</summary>
    public string Name { get; }

    /// <summary>Its key.</summary>
    public string Key { get; }

    /// <summary>A client at each gateway, with the key.</summary>
    public ImmutableArray<HttpClient> Http { get; }

    /// <summary>A channel to each gateway.</summary>
    public ImmutableArray<GrpcChannel> Channels { get; }

    /// <summary>A channel to each gateway's operator's port.</summary>
    public ImmutableArray<GrpcChannel> AdminChannels { get; }

    /// <summary>What is sent with a call over a channel: the key.</summary>
    public Metadata Metadata { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The tenant's conversations.</summary>
    /// <param name="gateway">Which gateway is asked.</param>
    public ConversationService.ConversationServiceClient Conversations(int gateway) => new(Channels[gateway]);

    /// <summary>Generates greedily over gRPC, past the model's own end.</summary>
    /// <param name="gateway">Which gateway is asked.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="onTokens">Told how many have come, at each message.</param>
    /// <returns>Index and id of every token, and the text.</returns>
    public async Task<(List<(int Index, int Id)> Tokens, string Text)> GenerateAsync(int gateway, string prompt, int tokens, Action<int>? onTokens = null)
    {
        var request = new GenerateRequest
        {
            Model = "base", Text = prompt, Sampling = new Sampling { Temperature = 0, MaxTokens = tokens, IgnoreEnd = true },
        };
        var received = new List<(int, int)>();
        var text = "";
        using var call = new GenerationService.GenerationServiceClient(Channels[gateway]).Generate(request, Metadata, cancellationToken: Cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation).ConfigureAwait(false))
        {
            received.AddRange((response.Tokens?.Ids ?? []).Select((id, i) => (response.Tokens!.FirstIndex + i, id)));
            text += response.Tokens?.Text;
            onTokens?.Invoke(received.Count);
        }

        return (received, text);
    }

    /// <summary>Completes a text over HTTP, greedily.</summary>
    /// <returns>The status and the body.</returns>
    public async Task<(int Status, JsonElement Body)> CompleteAsync(int gateway, string model, string prompt, int tokens)
    {
        using var response = await Http[gateway].PostAsJsonAsync(
            new Uri("/v1/completions", UriKind.Relative), new { model, prompt, max_tokens = tokens, temperature = 0, ignore_eos = true }, Cancellation).ConfigureAwait(false);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation).ConfigureAwait(false));
    }

    /// <summary>Uploads a golden adapter over HTTP.</summary>
    /// <param name="gateway">Which gateway is asked.</param>
    /// <param name="name">The adapter's name.</param>
    /// <param name="file">The golden file.</param>
    /// <param name="template">Its prompt template, which makes a version of its own.</param>
    /// <returns>The version's digest.</returns>
    public async Task<string> UploadAsync(int gateway, string name, string file, string template = "alpaca")
    {
        using var bytes = File.OpenRead(Path.Combine(RepositoryFiles.Golden, "adapters", file));
        using var content = new StreamContent(bytes);
        using var response = await Http[gateway].PutAsync(new Uri($"/v1/adapters/{name}?visual_heads=4&template={template}", UriKind.Relative), content, Cancellation).ConfigureAwait(false);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? body.GetProperty("version").GetString()!
            : throw new InvalidOperationException($"The upload of {name} failed: {body}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in Http)
        {
            client.Dispose();
        }

        foreach (var channel in Channels.Concat(AdminChannels))
        {
            channel.Dispose();
        }
    }
}
