using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Net.Client;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What outlives a process, and how it ends.</summary>
public sealed class LifetimeTests : IDisposable
{
    private const string Ask = """{"model":"cat","prompt":"abc","temperature":0,"max_tokens":8}""";

    private readonly TestFolder _data = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_WhatWasAcknowledgedIsThereAfterTheNextStart()
    {
        var port = $"Cluster:SiloPort={FreePorts.Take()}";
        TestTenant before;
        string version;
        JsonElement answer;
        await using (var first = await StartAsync("--set", port))
        {
            before = await TestTenant.CreateAsync(first, "acme");
            version = await before.UploadAsync("cat", "CHAT-BIAS-SCALE-NORM.pth");
            answer = (await before.PostAsync("/v1/completions", Ask)).Body;
            await first.KillAsync();
        }

        await using var second = await StartAsync("--set", port);
        var after = new TestTenant(second, GrpcChannel.ForAddress(second.Grpc), before.Name, before.Key);
        var (status, again) = await after.PostAsync("/v1/completions", Ask);

        Assert.True(status == 200, again.ToString());
        Assert.Equal($"sha256:{version}", again.GetProperty("system_fingerprint").GetString());
        Assert.Equal(answer.GetProperty("choices").ToString(), again.GetProperty("choices").ToString());
        Assert.DoesNotContain("Keys, shown this once", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminated_RunningAnswersAreFinishedFirst()
    {
        await using var process = await StartAsync("--set", "Replica:DrainTimeout=00:02:00");
        var tenant = await TestTenant.CreateAsync(process, "acme");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "base", prompt = "abc", temperature = 0, max_tokens = 400, stream = true }),
        };
        using var response = await tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        await process.AskToEndAsync();
        var frames = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.True(frames.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal), frames[Math.Max(0, frames.Length - 500)..] + process.Output);
        Assert.Equal(0, await process.WaitForExitAsync(Cancellation));
    }

    [Fact]
    public async Task Limits_AreCheckedBeforeBodiesAreRead()
    {
        await using var process = await StartAsync("--set", "Gateway:MaxUploadBytes=10000", "Gateway:MaxRequestBytes=20000");
        var tenant = await TestTenant.CreateAsync(process, "acme");

        var (uploadStatus, upload) = await SendUnreadAsync(tenant, HttpMethod.Put, "/v1/adapters/cat", 10_001);
        var (requestStatus, request) = await SendUnreadAsync(tenant, HttpMethod.Post, "/v1/completions", 20_001);

        Assert.Equal((400, "invalid_file"), (uploadStatus, CodeOf(upload)));
        Assert.Equal((413, "body_too_large"), (requestStatus, CodeOf(request)));
    }

    public void Dispose() => _data.Dispose();

    private async Task<GatewayProcess> StartAsync(params string[] arguments)
    {
        var process = GatewayProcess.Start(_data.Path, [.. HerdPrograms.GoldenBase, "--dtype", "float32", .. arguments]);
        await process.WaitUntilReadyAsync(Cancellation);
        return process;
    }

    private static async Task<(int Status, JsonElement Body)> SendUnreadAsync(TestTenant tenant, HttpMethod method, string path, int length)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new UnreadContent(length) };
        request.Headers.ExpectContinue = true;
        using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan };
        using var client = new HttpClient(handler) { BaseAddress = tenant.Http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = tenant.Http.DefaultRequestHeaders.Authorization;
        using var response = await client.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }

    private static string? CodeOf(JsonElement body) => body.GetProperty("error").GetProperty("code").GetString();

    /// <summary>A body that the server may be told the length of, but must not ask for.</summary>
    private sealed class UnreadContent : HttpContent
    {
        private readonly int _length;

        public UnreadContent(int length)
        {
            _length = length;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            throw new InvalidOperationException("The server asked for a body that is over its limit.");

        protected override bool TryComputeLength(out long length)
        {
            length = _length;
            return true;
        }
    }
}
