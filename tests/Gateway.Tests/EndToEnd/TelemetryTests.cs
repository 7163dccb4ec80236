using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Herd.Testing;
using OpenAI.Chat;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What an operator sees from outside: metrics, traces, the log, and the port they are at.</summary>
public sealed class TelemetryTests(SharedGateway gateway) : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_AfterAnswers_AgreeWithWhatTheTenantWasTold()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("voice", "CHAT-BIAS-SCALE-NORM.pth");
        var plain = await AskAsync(tenant, "base");
        var adapted = await AskAsync(tenant, "voice");

        // Who asks while another is being told is told the same, of a moment ago.
        Metrics metrics = null!;
        await Eventually.TrueAsync(
            async () => (metrics = await Metrics.ReadAsync(tenant.Process, Cancellation)).Find("herd:e2e_request_latency_seconds_count", ("tenant", tenant.Name), ("adapter", "voice")) is not null,
            Cancellation);

        Assert.Equal(plain.InputTokenCount, metrics.Find("herd:prompt_tokens_total", ("tenant", tenant.Name), ("adapter", "")));
        Assert.Equal(plain.OutputTokenCount, metrics.Find("herd:generation_tokens_total", ("tenant", tenant.Name), ("adapter", "")));
        Assert.Equal(adapted.OutputTokenCount, metrics.Find("herd:generation_tokens_total", ("tenant", tenant.Name), ("adapter", "voice")));
        Assert.Equal(1, metrics.Find("herd:request_success_total", ("tenant", tenant.Name), ("adapter", "voice")));
        Assert.Equal(1, metrics.Find("herd:time_to_first_token_seconds_count", ("tenant", tenant.Name), ("adapter", "voice")));
        Assert.Equal(1, metrics.Find("herd:time_per_output_token_seconds_count", ("tenant", tenant.Name), ("adapter", "voice")));
        Assert.Equal(1, metrics.Find("herd:e2e_request_latency_seconds_count", ("tenant", tenant.Name), ("adapter", "voice")));
        Assert.All(
            (string[])["herd:num_requests_running{", "herd:num_requests_waiting{", "herd:kv_cache_usage_perc{", "herd:resident_adapters{", "herd:prefix_cache_hits_total{"],
            name => Assert.Contains(name, metrics.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_WithoutTheAdministratorsKey_AreRefused()
    {
        var tenant = await gateway.NewTenantAsync();

        using var nobody = await GetAsync(tenant.Process.Admin, "/metrics", null);
        using var somebody = await GetAsync(tenant.Process.Admin, "/metrics", new AuthenticationHeaderValue("Bearer", tenant.Key));
        using var administrator = await GetAsync(tenant.Process.Admin, "/metrics", Basic(HerdPrograms.AdminKey));

        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.Equal("Basic", Assert.Single(nobody.Headers.WwwAuthenticate).Scheme);
        Assert.Equal(HttpStatusCode.Forbidden, somebody.StatusCode);
        Assert.Equal(HttpStatusCode.OK, administrator.StatusCode);
        Assert.Equal("text/plain", administrator.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("/metrics", false)]
    [InlineData("/dashboard/", false)]
    [InlineData("/v1/models", true)]
    [InlineData("/v1/adapters/x", true)]
    public async Task Surfaces_AtTheOthersPort_AreNotThere(string path, bool atAdmin)
    {
        var process = await gateway.ProcessAsync();

        using var response = await GetAsync(atAdmin ? process.Admin : process.Http, path, new AuthenticationHeaderValue("Bearer", HerdPrograms.AdminKey));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Process_WithAllSwitchesOn_ShowsDashboardTracesAndTextsButNeverAKey()
    {
        await using var collector = await TraceCollector.StartAsync(Cancellation);
        await using var process = GatewayProcess.Start(
            _folder.In("data"),
            [
                .. HerdPrograms.GoldenBase, "--set", "Cluster:Dashboard=true", "Telemetry:MetricsWithoutKey=true", "Telemetry:LogFormat=json", "Telemetry:LogTexts=true",
                $"Telemetry:OtlpEndpoint={collector.Address}",
            ]);
        await process.WaitUntilReadyAsync(Cancellation);
        var tenant = await TestTenant.CreateAsync(process, "acme");
        await AskAsync(tenant, "base", "Please say xylophone");
        using var dashboard = await GetAsync(process.Admin, "/dashboard/", Basic(HerdPrograms.AdminKey));
        using var closed = await GetAsync(process.Admin, "/dashboard/", null);
        using var metrics = await GetAsync(process.Admin, "/metrics", null);
        await process.AskToEndAsync();
        await process.WaitForExitAsync(Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.OK), (dashboard.StatusCode, closed.StatusCode, metrics.StatusCode));
        Assert.Contains("replica.generate", collector.Received, StringComparison.Ordinal);
        Assert.Contains("/v1/chat/completions", collector.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("MoveNext", collector.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("xylophone", collector.Received, StringComparison.Ordinal);
        var log = process.Output.Split('\n').Where(line => line.StartsWith('{')).ToArray();
        Assert.Contains(log, line => line.Contains("xylophone", StringComparison.Ordinal));
        Assert.All(log, line => JsonDocument.Parse(line).Dispose());
        AssertNoKey(process.Output, tenant);
        AssertNoKey(collector.Received, tenant);
    }

    [Fact]
    public async Task Log_OfManyRequestsGoodAndBad_HoldsNeitherTextsNorKeys()
    {
        var tenant = await gateway.NewTenantAsync();
        await AskAsync(tenant, "base", "Please say glockenspiel");
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(tenant, "nowhere", "Please say glockenspiel"));
        using var refused = await GetAsync(tenant.Process.Http, "/v1/models", new AuthenticationHeaderValue("Bearer", tenant.Key + "x"));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.DoesNotContain("glockenspiel", tenant.Process.Output, StringComparison.Ordinal);
        AssertNoKey(tenant.Process.Output, tenant);
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertNoKey(string text, TestTenant tenant)
    {
        Assert.DoesNotContain(tenant.Key.Split('_')[2], text, StringComparison.Ordinal);
        Assert.DoesNotContain(HerdPrograms.AdminKey, text, StringComparison.Ordinal);
    }

    private static async Task<ChatTokenUsage> AskAsync(TestTenant tenant, string model, string question = "What is it?")
    {
        var answer = await tenant.Chat(model).CompleteChatAsync([new UserChatMessage(question)], new ChatCompletionOptions { MaxOutputTokenCount = 5 }, Cancellation);
        return answer.Value.Usage;
    }

    private static async Task<HttpResponseMessage> GetAsync(Uri address, string path, AuthenticationHeaderValue? authorization)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        request.Headers.Authorization = authorization;
        return await client.SendAsync(request, Cancellation);
    }

    private static AuthenticationHeaderValue Basic(string key) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"operator:{key}")));
}
