using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Keys, limits and usage as clients and the administrator see them.</summary>
public sealed class TenantTests(SharedGateway gateway)
{
    private const string Ask = """{"model":"base","prompt":"abc","max_tokens":5,"temperature":0}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_AreSeveralWithLabelsAndEndByThemselves()
    {
        var tenant = await gateway.NewTenantAsync();
        var admin = new TenantService.TenantServiceClient(tenant.AdminChannel);
        var until = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3));
        var request = new CreateKeyRequest { Tenant = tenant.Name, Label = "short", ExpiresAt = until };
        var key = (await admin.CreateKeyAsync(request, SharedGateway.Admin, cancellationToken: Cancellation)).Key;
        var brief = new TestTenant(tenant.Process, tenant.Channel, tenant.Name, key);

        await Eventually.TrueAsync(async () => !(await brief.Http.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancellation)).IsSuccessStatusCode, Cancellation);
        var keys = (await admin.ListKeysAsync(new ListKeysRequest { Tenant = tenant.Name }, SharedGateway.Admin, cancellationToken: Cancellation)).Keys;
        Assert.True(DateTimeOffset.UtcNow >= until.ToDateTimeOffset());
        Assert.Equal([("test", null), ("short", until)], keys.Select(known => (known.Label, (Timestamp?)known.ExpiresAt)));
        Assert.DoesNotContain(key.Split('_')[2], keys.ToString(), StringComparison.Ordinal);
        Assert.True((await tenant.Http.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancellation)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task KeyThatHasExpiredAlready_IsNotMade()
    {
        var tenant = await gateway.NewTenantAsync();
        var request = new CreateKeyRequest { Tenant = tenant.Name, ExpiresAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(-1)) };

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new TenantService.TenantServiceClient(tenant.AdminChannel)
            .CreateKeyAsync(request, SharedGateway.Admin, cancellationToken: Cancellation));

        Assert.Equal("expires_at", refused.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Single().Field);
    }

    [Fact]
    public async Task OverALimit_BothSurfacesNameItAndTellWhenToComeBack()
    {
        var tenant = await gateway.NewTenantAsync();
        await ChangeAsync(tenant, new TenantLimits { ConcurrentSequences = 4, Adapters = 1, RequestsPerMinute = 6 });
        for (var request = 0; request < 6; request++)
        {
            Assert.Equal(200, (await tenant.PostAsync("/v1/completions", Ask)).Status);
        }

        using var content = new StringContent(Ask, new MediaTypeHeaderValue("application/json"));
        using var response = await tenant.Http.PostAsync(new Uri("/v1/completions", UriKind.Relative), content, Cancellation);
        var rpc = await Assert.ThrowsAsync<RpcException>(async () => await new GenerationService.GenerationServiceClient(tenant.Channel)
            .Generate(new GenerateRequest { Model = "base", Text = "abc" }, tenant.Metadata, cancellationToken: Cancellation)
            .ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation));
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error");

        Assert.Equal((429, "rate_limit_exceeded", "requests_per_minute"), ((int)response.StatusCode, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.NotEmpty(response.Headers.GetValues("x-request-id"));
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 10);
        Assert.InRange(int.Parse(response.Headers.GetValues("retry-after-ms").Single(), null), 1, 10_000);
        var status = rpc.GetRpcStatus()!;
        Assert.Equal((StatusCode.ResourceExhausted, "LIMIT_EXCEEDED"), (rpc.StatusCode, status.GetDetail<ErrorInfo>().Reason));
        Assert.Equal("requests_per_minute", status.GetDetail<ErrorInfo>().Metadata["limit"]);
        Assert.InRange(status.GetDetail<RetryInfo>().RetryDelay.ToTimeSpan().TotalSeconds, 5, 20);

        await ChangeAsync(tenant, new TenantLimits { ConcurrentSequences = 4, Adapters = 1 });
        Assert.Equal(200, (await tenant.PostAsync("/v1/completions", Ask)).Status);
    }

    [Fact]
    public async Task OverWhatMayBeKept_IsAQuotaThatWaitingDoesNotHelp()
    {
        var tenant = await gateway.NewTenantAsync(new TenantLimits { ConcurrentSequences = 1, Adapters = 2, StoredBytes = 1000 });
        await using var file = File.OpenRead(Path.Combine(RepositoryFiles.Golden, "adapters", "CHAT-BIAS-SCALE-NORM.pth"));
        using var content = new StreamContent(file);
        using var upload = await tenant.Http.PutAsync(new Uri("/v1/adapters/cat?visual_heads=4", UriKind.Relative), content, Cancellation);
        var (status, body) = await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":"x","n":2}""");
        var error = (await upload.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error");

        Assert.Equal((429, "insufficient_quota", "stored_bytes"), ((int)upload.StatusCode, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Null(upload.Headers.RetryAfter);
        Assert.Equal("false", upload.Headers.GetValues("x-should-retry").Single());
        Assert.Equal((429, "concurrent_sequences"), (status, body.GetProperty("error").GetProperty("param").GetString()));

        // Nothing of the upload was kept, and what the second request asked for was not taken.
        Assert.Empty((await tenant.Http.GetFromJsonAsync<JsonElement>("/v1/adapters", Cancellation)).GetProperty("data").EnumerateArray());
        Assert.Equal(200, (await tenant.PostAsync("/v1/completions", Ask)).Status);
    }

    [Fact]
    public async Task Usage_AgreesWithWhatAnswersSaidOnBothSurfaces()
    {
        var tenant = await gateway.NewTenantAsync();
        var other = await gateway.NewTenantAsync();
        var (_, whole) = await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":["abc","a longer prompt"],"n":2,"max_tokens":70,"temperature":0}""");
        var stream = await tenant.Http.PostAsJsonAsync(
            "/v1/completions", new { model = "base", prompt = "abc", max_tokens = 9, stream = true, stream_options = new { include_usage = true } }, Cancellation);
        var last = (await stream.Content.ReadAsStringAsync(Cancellation)).Split("\n\n")[^3]["data: ".Length..];
        JsonElement[] told = [whole.GetProperty("usage"), JsonDocument.Parse(last).RootElement.GetProperty("usage")];

        var http = (await tenant.Http.GetFromJsonAsync<JsonElement>("/v1/usage?period=hour", Cancellation)).GetProperty("data").EnumerateArray().Single();
        var admin = new UsageService.UsageServiceClient(tenant.AdminChannel);
        var rows = (await admin.GetUsageAsync(new GetUsageRequest { Tenant = tenant.Name }, SharedGateway.Admin, cancellationToken: Cancellation)).Rows;

        Assert.Equal(2, http.GetProperty("requests").GetInt32());
        foreach (var (name, openAi) in new[] { ("prompt_tokens", "prompt_tokens"), ("generated_tokens", "completion_tokens") })
        {
            Assert.Equal(told.Sum(usage => usage.GetProperty(openAi).GetInt32()), http.GetProperty(name).GetInt32());
        }

        Assert.Equal(told.Sum(usage => usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32()), http.GetProperty("cached_tokens").GetInt32());
        Assert.Equal((tenant.Key.Split('_')[1], http.GetProperty("generated_tokens").GetInt64()), (rows.Single().KeyId, rows.Single().GeneratedTokens));
        Assert.Empty((await other.Http.GetFromJsonAsync<JsonElement>("/v1/usage", Cancellation)).GetProperty("data").EnumerateArray());
        Assert.Equal(403, (int)(await other.Http.GetAsync(new Uri($"/v1/usage?tenant={tenant.Name}", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(400, (int)(await other.Http.GetAsync(new Uri("/v1/usage?from=yesterday", UriKind.Relative), Cancellation)).StatusCode);
        using var tooMany = await other.Http.GetAsync(new Uri("/v1/usage?limit=10001", UriKind.Relative), Cancellation);
        Assert.Equal("limit", (await tooMany.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task Usage_OfEverybody_IsToldAtTheOperatorsPortAlone()
    {
        var tenant = await gateway.NewTenantAsync();
        Assert.Equal(200, (await tenant.PostAsync("/v1/completions", Ask)).Status);
        var (own, all) = (new UsageService.UsageServiceClient(tenant.Channel), new UsageService.UsageServiceClient(tenant.AdminChannel));

        var rows = (await all.GetUsageAsync(new GetUsageRequest(), SharedGateway.Admin, cancellationToken: Cancellation)).Rows;
        var byAdmin = await Assert.ThrowsAsync<RpcException>(async () => await own.GetUsageAsync(new GetUsageRequest(), SharedGateway.Admin, cancellationToken: Cancellation));
        var byTenant = await Assert.ThrowsAsync<RpcException>(async () => await all.GetUsageAsync(new GetUsageRequest(), tenant.Metadata, cancellationToken: Cancellation));

        Assert.Contains(rows, row => row.Tenant == tenant.Name);
        Assert.Equal((StatusCode.PermissionDenied, StatusCode.PermissionDenied), (byAdmin.StatusCode, byTenant.StatusCode));
        Assert.Equal(200, await UsageStatusAsync(tenant.Process.Http, tenant.Key));
        Assert.Equal(403, await UsageStatusAsync(tenant.Process.Http, HerdPrograms.AdminKey));
        Assert.Equal(200, await UsageStatusAsync(tenant.Process.Admin, HerdPrograms.AdminKey));
        Assert.Equal(403, await UsageStatusAsync(tenant.Process.Admin, tenant.Key));
        Assert.Equal(401, await UsageStatusAsync(tenant.Process.Admin, tenant.Key + "x"));
    }

    private static async Task<int> UsageStatusAsync(Uri address, string key)
    {
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.GetAsync(new Uri("/v1/usage", UriKind.Relative), Cancellation);
        return (int)response.StatusCode;
    }

    [Fact]
    public async Task Killed_WhatWasStreamedIsCounted()
    {
        using var data = new TestFolder();
        string[] arguments = [.. HerdPrograms.GoldenBase, "--dtype", "float32", "--set", $"Cluster:SiloPort={FreePorts.Take()}"];
        TestTenant before;
        JsonElement finished;
        var sent = 0;
        await using (var first = GatewayProcess.Start(data.Path, arguments))
        {
            await first.WaitUntilReadyAsync(Cancellation);
            before = await TestTenant.CreateAsync(first, "acme");
            finished = (await before.PostAsync("/v1/completions", Ask)).Body.GetProperty("usage");
            var request = new GenerateRequest { Model = "base", Text = "abc", Sampling = new Sampling { MaxTokens = 1900, IgnoreEnd = true } };
            using var call = new GenerationService.GenerationServiceClient(before.Channel).Generate(request, before.Metadata, cancellationToken: Cancellation);
            await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await foreach (var update in call.ResponseStream.ReadAllAsync(Cancellation))
                {
                    sent += update.Tokens?.Ids.Count ?? 0;
                    if (sent is > 200 and < 1800)
                    {
                        await first.KillAsync();
                    }
                }
            });
        }

        await using var second = GatewayProcess.Start(data.Path, arguments);
        await second.WaitUntilReadyAsync(Cancellation);
        var after = new TestTenant(second, GrpcChannel.ForAddress(second.Grpc), "acme", before.Key);
        var usage = (await after.Http.GetFromJsonAsync<JsonElement>("/v1/usage", Cancellation)).GetProperty("data").EnumerateArray().Single();

        var ended = finished.GetProperty("completion_tokens").GetInt32();
        Assert.Equal(2, usage.GetProperty("requests").GetInt32());
        Assert.InRange(usage.GetProperty("generated_tokens").GetInt32(), ended + sent, ended + 1900);
        Assert.True(usage.GetProperty("prompt_tokens").GetInt32() >= 2 * finished.GetProperty("prompt_tokens").GetInt32());
    }

    private static async Task ChangeAsync(TestTenant tenant, TenantLimits limits) => await new TenantService.TenantServiceClient(tenant.AdminChannel)
        .UpdateLimitsAsync(new UpdateLimitsRequest { Tenant = tenant.Name, Limits = limits }, SharedGateway.Admin, cancellationToken: Cancellation);
}
