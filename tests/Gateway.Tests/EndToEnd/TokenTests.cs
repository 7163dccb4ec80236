using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Signed tokens beside keys: the one right form, and every wrong one.</summary>
public sealed class TokenTests(TokenTests.TokenGateway gateway) : IClassFixture<TokenTests.TokenGateway>
{
    private const string Issuer = "https://issuer.test";
    private const string Audience = "herd-test";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> WrongClaims => new()
    {
        { "iss", "\"https://other.test\"" },
        { "aud", "\"other\"" },
        { "exp", "1000000000" },
        { "nbf", "99999999999" },
        { "exp", "null" },
        { "tenant", "null" },
        { "tenant", "\"nobody\"" },
        { "tenant", "\"i:tenants\"" },
        { "tenant", "[\"token-tenant\",\"other\"]" },
    };

    [Fact]
    public async Task SoundToken_ServesItsTenantOnBothSurfacesAndIsCounted()
    {
        var caller = Caller(Token());

        var (status, body) = await caller.PostAsync("/v1/completions", """{"model":"base","prompt":"abc","max_tokens":3,"temperature":0}""");
        var models = await new ModelService.ModelServiceClient(caller.Channel).ListModelsAsync(new ListModelsRequest(), caller.Metadata, cancellationToken: Cancellation);
        var usage = await new UsageService.UsageServiceClient(caller.Channel).GetUsageAsync(new GetUsageRequest(), caller.Metadata, cancellationToken: Cancellation);

        Assert.True(status == 200, body.ToString());
        Assert.NotEmpty(models.Models);
        Assert.Equal(("token-tenant", "token", 1), (usage.Rows.Single().Tenant, usage.Rows.Single().KeyId, usage.Rows.Single().Requests));
    }

    [Fact]
    public async Task Keys_WorkAsBefore()
    {
        Assert.Equal(200, await StatusAsync(gateway.Key));
        Assert.Equal(401, await StatusAsync(gateway.Key + "x"));
    }

    [Theory]
    [MemberData(nameof(WrongClaims))]
    public async Task WrongClaim_IsRefusedLikeABadKey(string claim, string json) => await AssertRefusedAsync(Token(claims => claims[claim] = JsonSerializer.Deserialize<object?>(json)));

    [Fact]
    public async Task UnsignedToken_IsRefused()
    {
        await AssertRefusedAsync($"{Part(new { alg = "none", typ = "JWT" })}.{Part(Claims())}.");
        await AssertRefusedAsync($"{Part(new { alg = "RS256", typ = "JWT" })}.{Part(Claims())}.");
    }

    [Fact]
    public async Task PublicKeyAsSharedSecret_IsRefused()
    {
        var signed = $"{Part(new { alg = "HS256", typ = "JWT" })}.{Part(Claims())}";
        foreach (var secret in (byte[][])[Encoding.UTF8.GetBytes(gateway.PublicPem), gateway.Keys.ExportSubjectPublicKeyInfo()])
        {
            await AssertRefusedAsync($"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}");
        }
    }

    [Fact]
    public async Task AnotherKeysSignature_IsRefused()
    {
        using var other = RSA.Create(2048);

        await AssertRefusedAsync(Sign(other, Claims()));
    }

    [Fact]
    public async Task ChangedToken_IsRefused()
    {
        var parts = Token().Split('.');
        var claims = Claims();
        claims["tenant"] = "other-tenant";

        await AssertRefusedAsync($"{parts[0]}.{Part(claims)}.{parts[2]}");
    }

    [Fact]
    public async Task Token_IsNoAdministrator()
    {
        var caller = Caller(Token(claims => claims["admin"] = "true"));

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new TenantService.TenantServiceClient(caller.AdminChannel)
            .ListTenantsAsync(new ListTenantsRequest(), caller.Metadata, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    private async Task AssertRefusedAsync(string token)
    {
        var caller = Caller(token);
        using var response = await caller.Http.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancellation);
        var rpc = await Assert.ThrowsAsync<RpcException>(async () => await new ModelService.ModelServiceClient(caller.Channel)
            .ListModelsAsync(new ListModelsRequest(), caller.Metadata, cancellationToken: Cancellation));

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Contains("invalid_api_key", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(StatusCode.Unauthenticated, rpc.StatusCode);
    }

    private async Task<int> StatusAsync(string key) =>
        (int)(await Caller(key).Http.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancellation)).StatusCode;

    private TestTenant Caller(string token) => new(gateway.Process, GrpcChannel.ForAddress(gateway.Process.Grpc), "token-tenant", token);

    private string Token(Action<Dictionary<string, object?>>? change = null)
    {
        var claims = Claims();
        change?.Invoke(claims);
        return Sign(gateway.Keys, claims);
    }

    private static Dictionary<string, object?> Claims() => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["exp"] = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds(),
        ["tenant"] = "token-tenant",
    };

    private static string Sign(RSA key, Dictionary<string, object?> claims)
    {
        var signed = $"{Part(new { alg = "RS256", typ = "JWT", kid = "test" })}.{Part(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    /// <summary>A gateway that follows the keys of an issuer on this machine.</summary>
    public sealed class TokenGateway : IAsyncLifetime
    {
        private readonly TestFolder _data = new();
        private readonly RSA _keys = RSA.Create(2048);
        private WebApplication? _issuer;
        private GatewayProcess? _process;

        internal GatewayProcess Process => _process!;

        internal RSA Keys => _keys;

        internal string Key { get; private set; } = "";

        internal string PublicPem => _keys.ExportSubjectPublicKeyInfoPem();

        public async ValueTask InitializeAsync()
        {
            _issuer = await StartIssuerAsync();
            _process = GatewayProcess.Start(
                _data.Path,
                [.. HerdPrograms.GoldenBase, "--set", $"Gateway:Jwt:Issuer={Issuer}", $"Gateway:Jwt:Audience={Audience}", $"Gateway:Jwt:KeysUrl={_issuer.Urls.Single()}/keys"]);
            await _process.WaitUntilReadyAsync(CancellationToken.None);
            Key = (await TestTenant.CreateAsync(_process, "token-tenant")).Key;
        }

        public async ValueTask DisposeAsync()
        {
            await Process.DisposeAsync();
            await _issuer!.DisposeAsync();
            _keys.Dispose();
            _data.Dispose();
        }

        private async Task<WebApplication> StartIssuerAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var key = _keys.ExportParameters(includePrivateParameters: false);
            var set = new { keys = new[] { new { kty = "RSA", use = "sig", kid = "test", n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) } } };
            app.MapGet("/keys", () => Results.Json(set));
            await app.StartAsync();
            return app;
        }
    }
}
