using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>A tenant with clients at both gateways.</summary>
internal sealed class ClusterTenant
{
    public ClusterTenant(ApartCluster cluster, string key)
    {
        Http = [.. new[] { 0, 1 }.Select(gateway => new HttpClient { BaseAddress = cluster.Http(gateway), Timeout = TimeSpan.FromMinutes(2) })];
        foreach (var client in Http)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        Channels = [.. new[] { 0, 1 }.Select(gateway => GrpcChannel.ForAddress(cluster.Grpc(gateway)))];
        Metadata = new Metadata { { "authorization", $"Bearer {key}" } };
    }

    public ImmutableArray<HttpClient> Http { get; }

    public ImmutableArray<GrpcChannel> Channels { get; }

    public Metadata Metadata { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
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
            new Uri("/v1/completions", UriKind.Relative), new { model, prompt, max_tokens = tokens, temperature = 0, ignore_eos = true }, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }

    /// <summary>Uploads a golden adapter over HTTP.</summary>
    /// <returns>The version's digest.</returns>
    public async Task<string> UploadAsync(int gateway, string name, string file)
    {
        await using var bytes = File.OpenRead(Path.Combine(RepositoryFiles.Golden, "adapters", file));
        using var content = new StreamContent(bytes);
        using var response = await Http[gateway].PutAsync(new Uri($"/v1/adapters/{name}?visual_heads=4", UriKind.Relative), content, Cancellation);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.True(response.IsSuccessStatusCode, body.ToString());
        return body.GetProperty("version").GetString()!;
    }
}
