using System.ClientModel;
using Google.Rpc;
using Grpc.Core;
using Herd.Protos.V1;
using OpenAI.Chat;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What clients see when something is wrong.</summary>
public sealed class ErrorTests(SharedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("herd_nobody_0123456789abcdef0123456789")]
    [InlineData("sk-something")]
    public async Task WrongKey_IsRefusedOnBothSurfaces(string key)
    {
        var tenant = await gateway.NewTenantAsync();

        var http = await Assert.ThrowsAsync<ClientResultException>(() => tenant.OpenAi(key).GetOpenAIModelClient().GetModelsAsync(Cancellation));
        var rpc = await Assert.ThrowsAsync<RpcException>(async () => await new ModelService.ModelServiceClient(tenant.Channel)
            .ListModelsAsync(new ListModelsRequest(), new Metadata { { "x-api-key", key } }, cancellationToken: Cancellation));

        Assert.Equal(401, http.Status);
        Assert.Contains("invalid_api_key", http.GetRawResponse()!.Content.ToString(), StringComparison.Ordinal);
        Assert.Equal(StatusCode.Unauthenticated, rpc.StatusCode);
        Assert.Equal("KEY_INVALID", rpc.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task NoKey_IsRefusedButHealthIsOpen()
    {
        var tenant = await gateway.NewTenantAsync();
        using var client = new HttpClient { BaseAddress = tenant.Http.BaseAddress };

        Assert.Equal(401, (int)(await client.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(200, (int)(await client.GetAsync(new Uri("/healthz", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(200, (int)(await client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task RevokedKey_StopsWorking()
    {
        var tenant = await gateway.NewTenantAsync();
        var admin = new TenantService.TenantServiceClient(tenant.AdminChannel);
        await tenant.OpenAi().GetOpenAIModelClient().GetModelsAsync(Cancellation);

        var keys = await admin.ListKeysAsync(new ListKeysRequest { Tenant = tenant.Name }, SharedGateway.Admin, cancellationToken: Cancellation);
        await admin.RevokeKeyAsync(new RevokeKeyRequest { Tenant = tenant.Name, KeyId = keys.Keys.Single().Id }, SharedGateway.Admin, cancellationToken: Cancellation);

        // A key that works for ever must end the test, not keep it.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while ((await tenant.Http.GetAsync(new Uri("/v1/models", UriKind.Relative), patience.Token)).IsSuccessStatusCode)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Administration_NeedsTheAdministratorsKeyAndTheTenantsSurfaceATenants()
    {
        var tenant = await gateway.NewTenantAsync();
        var admin = new TenantService.TenantServiceClient(tenant.AdminChannel);
        var models = new ModelService.ModelServiceClient(tenant.Channel);

        var byTenant = await Assert.ThrowsAsync<RpcException>(async () =>
            await admin.ListTenantsAsync(new ListTenantsRequest(), tenant.Metadata, cancellationToken: Cancellation));
        var byAdmin = await Assert.ThrowsAsync<RpcException>(async () =>
            await models.ListModelsAsync(new ListModelsRequest(), SharedGateway.Admin, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.PermissionDenied, byTenant.StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, byAdmin.StatusCode);
    }

    [Fact]
    public async Task SomebodyElsesAdapter_ReadsLikeNone()
    {
        var owner = await gateway.NewTenantAsync();
        var version = await owner.UploadAsync("secret", "CHAT-BIAS-SCALE-NORM.pth");
        var other = await gateway.NewTenantAsync();

        foreach (var suffix in (string[])["", "@latest", $"@sha256:{version}"])
        {
            var (theirs, theirBody) = await other.PostAsync("/v1/completions", Completion($"secret{suffix}"));
            var (absent, absentBody) = await other.PostAsync("/v1/completions", Completion($"absent{suffix}"));

            Assert.Equal(404, theirs);
            Assert.Equal(absent, theirs);
            Assert.Equal(absentBody.ToString(), theirBody.ToString().Replace("secret", "absent", StringComparison.Ordinal));
            Assert.Equal("model_not_found", theirBody.GetProperty("error").GetProperty("code").GetString());
        }

        await SameRefusalAsync(other, HttpMethod.Get, "/v1/adapters/{0}");
        await SameRefusalAsync(other, HttpMethod.Delete, "/v1/adapters/{0}");
        await SameRefusalAsync(other, HttpMethod.Post, "/v1/adapters/{0}/aliases/latest/rollback");
        await SameRefusalAsync(other, HttpMethod.Get, "/v1/models/{0}");
        Assert.Equal(200, (await owner.PostAsync("/v1/completions", Completion("secret"))).Status);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"base","messages":"hello"}""", "messages", "invalid_value")]
    [InlineData("/v1/chat/completions", """{"model":"base","messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", "temperature", "invalid_value")]
    [InlineData("/v1/chat/completions", """{"model":"base","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", "tools", "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","prompt":{"a":1}}""", "prompt", "invalid_value")]
    [InlineData("/v1/completions", """{"model":"no such name","prompt":"x"}""", "model", "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","prompt":"x",""", null, "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","model":"base","prompt":"x"}""", null, "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","prompt":"x","temperature":-1}""", null, "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","prompt":"x","top_p":0}""", null, "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","prompt":"x","max_tokens":0}""", null, "invalid_value")]
    [InlineData("/v1/completions", """{"model":"base","prompt":[1,100000]}""", null, "invalid_value")]
    public async Task WrongRequest_Is400InOpenAisForm(string path, string json, string? param, string code)
    {
        var tenant = await gateway.NewTenantAsync();

        var (status, body) = await tenant.PostAsync(path, json);

        Assert.Equal(400, status);
        var error = body.GetProperty("error");
        Assert.Equal(("invalid_request_error", code), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        if (param is not null)
        {
            Assert.Equal(param, error.GetProperty("param").GetString());
        }
    }

    [Fact]
    public async Task TooLongPrompt_SaysSoOnBothSurfaces()
    {
        var tenant = await gateway.NewTenantAsync();
        var text = string.Concat(Enumerable.Repeat("xyz ", 2000));

        var (status, body) = await tenant.PostAsync("/v1/completions", $$"""{"model":"base","prompt":"{{text}}"}""");
        var rpc = await Assert.ThrowsAsync<RpcException>(async () => await new GenerationService.GenerationServiceClient(tenant.Channel)
            .Generate(new GenerateRequest { Model = "base", Text = text }, tenant.Metadata, cancellationToken: Cancellation)
            .ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation));

        Assert.Equal((400, "context_length_exceeded"), (status, body.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal((StatusCode.InvalidArgument, "CONTEXT_LENGTH_EXCEEDED"), (rpc.StatusCode, rpc.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason));
    }

    [Fact]
    public async Task PictureThatIsNone_IsRefused()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("eye", "BIAS.pth");
        var part = ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(new byte[100]), "image/png");

        var error = await Assert.ThrowsAsync<ClientResultException>(() => tenant.Chat("eye").CompleteChatAsync([new UserChatMessage(part)], null, Cancellation));

        Assert.Equal(400, error.Status);
        Assert.Contains("invalid_image", error.GetRawResponse()!.Content.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownPath_Is404InOpenAisForm()
    {
        var tenant = await gateway.NewTenantAsync();

        var (status, body) = await tenant.PostAsync("/v1/embeddings", "{}");

        Assert.Equal((404, "unknown_url"), (status, body.GetProperty("error").GetProperty("code").GetString()));
    }

    private static string Completion(string model) => $$"""{"model":"{{model}}","prompt":"x","max_tokens":2,"temperature":0}""";

    private static async Task SameRefusalAsync(TestTenant tenant, HttpMethod method, string path)
    {
        var bodies = new List<string>();
        foreach (var name in (string[])["secret", "absent"])
        {
            using var request = new HttpRequestMessage(method, string.Format(null, path, name));
            using var response = await tenant.Http.SendAsync(request, Cancellation);
            var body = await response.Content.ReadAsStringAsync(Cancellation);
            bodies.Add($"{response.StatusCode} {body.Replace("secret", "absent", StringComparison.Ordinal)}");
        }

        Assert.StartsWith("NotFound", bodies[0], StringComparison.Ordinal);
        Assert.Equal(bodies[1], bodies[0]);
    }
}
