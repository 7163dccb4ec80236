using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using OpenAI;
using OpenAI.Chat;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>A tenant with clients that carry its key.</summary>
internal sealed class TestTenant
{
    public TestTenant(GatewayProcess process, GrpcChannel channel, string name, string key)
    {
        (Process, Channel, Name, Key) = (process, channel, name, key);
        AdminChannel = GrpcChannel.ForAddress(process.AdminGrpc);
        Http = new HttpClient { BaseAddress = process.Http };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        Metadata = new Metadata { { "authorization", $"Bearer {key}" } };
    }

    public GatewayProcess Process { get; }

    public GrpcChannel Channel { get; }

    /// <summary>To the operator's port.</summary>
    public GrpcChannel AdminChannel { get; }

    public string Name { get; }

    public string Key { get; }

    public HttpClient Http { get; }

    public Metadata Metadata { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The official client, unchanged but for its address; it does not try again by itself.</summary>
    public OpenAIClient OpenAi(string? key = null) => new(
        new ApiKeyCredential(key ?? Key),
        new OpenAIClientOptions { Endpoint = new Uri(Process.Http, "/v1"), RetryPolicy = new ClientRetryPolicy(0) });

    public ChatClient Chat(string model) => OpenAi().GetChatClient(model);

    /// <summary>Makes a tenant and a key of it.</summary>
    public static async Task<TestTenant> CreateAsync(GatewayProcess process, string name, TenantLimits? limits = null)
    {
        using var admin = GrpcChannel.ForAddress(process.AdminGrpc);
        var tenants = new TenantService.TenantServiceClient(admin);
        await tenants.CreateTenantAsync(new CreateTenantRequest { Name = name, Limits = limits }, SharedGateway.Admin);
        var key = await tenants.CreateKeyAsync(new CreateKeyRequest { Tenant = name, Label = "test" }, SharedGateway.Admin);
        return new TestTenant(process, GrpcChannel.ForAddress(process.Grpc), name, key.Key);
    }

    /// <summary>The same tenant at another process over the same data.</summary>
    public TestTenant At(GatewayProcess process) => new(process, GrpcChannel.ForAddress(process.Grpc), Name, Key);

    /// <summary>Uploads a golden adapter over HTTP.</summary>
    /// <returns>The version's digest.</returns>
    public Task<string> UploadAsync(string name, string goldenAdapter, string query = "") =>
        UploadFileAsync(name, Path.Combine(RepositoryFiles.Golden, "adapters", goldenAdapter), $"?visual_heads=4{query}");

    /// <summary>Uploads an adapter over HTTP.</summary>
    /// <returns>The version's digest.</returns>
    public async Task<string> UploadFileAsync(string name, string path, string query = "")
    {
        await using var file = File.OpenRead(path);
        using var content = new StreamContent(file);
        using var response = await Http.PutAsync(new Uri($"/v1/adapters/{name}{query}", UriKind.Relative), content, Cancellation);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.True(response.IsSuccessStatusCode, body.ToString());
        return body.GetProperty("version").GetString()!;
    }

    /// <summary>Completes a text without template, greedily.</summary>
    public async Task<string> CompleteAsync(string model, string prompt, int maxTokens)
    {
        var (status, body) = await PostAsync("/v1/completions", JsonSerializer.Serialize(new { model, prompt, max_tokens = maxTokens, temperature = 0 }));
        Assert.True(status == 200, body.ToString());
        return body.GetProperty("choices")[0].GetProperty("text").GetString()!;
    }

    /// <summary>Sends JSON.</summary>
    /// <returns>The status and the body.</returns>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }

    /// <summary>Uploads bytes over gRPC in chunks.</summary>
    public async Task<UploadAdapterResponse> UploadOverGrpcAsync(UploadHeader header, byte[] bytes, int chunk = 100_000)
    {
        using var call = new AdapterService.AdapterServiceClient(Channel).UploadAdapter(Metadata, cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new UploadAdapterRequest { Header = header }, Cancellation);
        foreach (var part in bytes.Chunk(chunk))
        {
            await call.RequestStream.WriteAsync(new UploadAdapterRequest { Chunk = ByteString.CopyFrom(part) }, Cancellation);
        }

        await call.RequestStream.CompleteAsync();
        return await call;
    }
}
