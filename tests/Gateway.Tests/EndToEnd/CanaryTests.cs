using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Canaries, histories, leases and tombstones as they are seen from outside.</summary>
public sealed class CanaryTests(SharedGateway gateway)
{
    private const string Alias = "/v1/adapters/cat/aliases/latest";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Canary_OverHttp_IsSetPromotedAndInTheHistory()
    {
        var (tenant, stable, canary) = await StartAsync();

        var set = await SendAsync(tenant, HttpMethod.Put, $"{Alias}/canary", $$"""{"version":"sha256:{{canary}}","share":25}""");
        var promoted = await SendAsync(tenant, HttpMethod.Post, $"{Alias}/canary/promote");
        await SendAsync(tenant, HttpMethod.Put, $"{Alias}/canary", $$"""{"version":"{{stable}}","share":1}""");
        var aborted = await SendAsync(tenant, HttpMethod.Delete, $"{Alias}/canary");
        var first = await tenant.Http.GetFromJsonAsync<JsonElement>(new Uri($"{Alias}/history?page_size=3", UriKind.Relative), Cancellation);
        var second = await tenant.Http.GetFromJsonAsync<JsonElement>(new Uri($"{Alias}/history?page_size=3&before=3", UriKind.Relative), Cancellation);

        var shown = set.GetProperty("adapter").GetProperty("canaries").GetProperty("latest");
        Assert.Equal((canary, 25), (shown.GetProperty("version").GetString(), shown.GetProperty("share").GetInt32()));
        Assert.Equal(stable, set.GetProperty("adapter").GetProperty("aliases").GetProperty("latest").GetString());
        Assert.Equal(canary, promoted.GetProperty("adapter").GetProperty("aliases").GetProperty("latest").GetString());
        Assert.Empty(aborted.GetProperty("adapter").GetProperty("canaries").EnumerateObject());
        Assert.Equal((true, false), (first.GetProperty("has_more").GetBoolean(), second.GetProperty("has_more").GetBoolean()));
        var moves = first.GetProperty("data").EnumerateArray().Concat(second.GetProperty("data").EnumerateArray()).ToArray();
        Assert.Equal(
            ["canary_aborted", "canary_set", "canary_promoted", "canary_set", "published"], moves.Select(move => move.GetProperty("kind").GetString()));
        Assert.Equal((stable, canary, 25), (moves[3].GetProperty("from").GetString(), moves[3].GetProperty("to").GetString(), moves[3].GetProperty("share").GetInt32()));
    }

    [Fact]
    public async Task Canary_OverGrpc_IsTheSame()
    {
        var (tenant, stable, canary) = await StartAsync();
        var adapters = new AdapterService.AdapterServiceClient(tenant.Channel);

        var set = await adapters.SetCanaryAsync(new SetCanaryRequest { Name = "cat", Alias = "latest", Version = canary, Share = 99 }, tenant.Metadata, cancellationToken: Cancellation);
        var aborted = await adapters.AbortCanaryAsync(new AbortCanaryRequest { Name = "cat", Alias = "latest" }, tenant.Metadata, cancellationToken: Cancellation);
        await adapters.SetCanaryAsync(new SetCanaryRequest { Name = "cat", Alias = "latest", Version = canary, Share = 1 }, tenant.Metadata, cancellationToken: Cancellation);
        var promoted = await adapters.PromoteCanaryAsync(new PromoteCanaryRequest { Name = "cat", Alias = "latest" }, tenant.Metadata, cancellationToken: Cancellation);
        var moves = await adapters.ListAliasMovesAsync(new ListAliasMovesRequest { Name = "cat", Alias = "latest", PageSize = 2 }, tenant.Metadata, cancellationToken: Cancellation);

        Assert.Equal((canary, 99), (set.Canaries["latest"].Version, set.Canaries["latest"].Share));
        Assert.Empty(aborted.Canaries);
        Assert.Equal((canary, 0), (promoted.Aliases["latest"], promoted.Canaries.Count));
        Assert.True(moves.HasMore);
        Assert.Equal([(AliasMoveKind.CanaryPromoted, 0), (AliasMoveKind.CanarySet, 1)], moves.Moves.Select(move => (move.Kind, move.Share)));
        Assert.Equal((stable, canary), (moves.Moves[0].From, moves.Moves[0].To));
    }

    [Fact]
    public async Task Canary_RequestsOfOneUser_AreOfOneSide()
    {
        var (tenant, stable, canary) = await StartAsync();
        await SendAsync(tenant, HttpMethod.Put, $"{Alias}/canary", $$"""{"version":"{{canary}}","share":50}""");

        var sides = new List<string>();
        for (var user = 0; user < 8; user++)
        {
            var overHttp = await VersionOverHttpAsync(tenant, $"user-{user}");
            Assert.Equal(overHttp, await VersionOverHttpAsync(tenant, $"user-{user}"));
            Assert.Equal(overHttp, await VersionOverGrpcAsync(tenant, $"user-{user}"));
            sides.Add(overHttp);
        }

        Assert.Equal(new[] { stable, canary }.Order(), sides.Distinct().Order());
    }

    [Theory]
    [InlineData("""{"version":"VERSION"}""", "share", 400)]
    [InlineData("""{"version":"VERSION","share":0}""", "share", 400)]
    [InlineData("""{"version":"VERSION","share":100}""", "share", 400)]
    [InlineData("""{"version":"VERSION","share":"half"}""", "share", 400)]
    [InlineData("""{"share":5}""", "version", 400)]
    [InlineData("""{"version":"none","share":5}""", null, 404)]
    public async Task Canary_ThatCannotBe_IsRefusedByName(string json, string? field, int expected)
    {
        var (tenant, _, canary) = await StartAsync();

        var (status, body) = await TrySendAsync(tenant, HttpMethod.Put, $"{Alias}/canary", json.Replace("VERSION", canary, StringComparison.Ordinal));

        Assert.Equal(expected, status);
        Assert.Equal(field, body.GetProperty("error").GetProperty("param").GetString());
        Assert.Equal(409, (await TrySendAsync(tenant, HttpMethod.Delete, $"{Alias}/canary")).Status);
    }

    [Fact]
    public async Task User_TooLong_IsRefusedByName()
    {
        var (tenant, _, _) = await StartAsync();

        var (status, body) = await tenant.PostAsync("/v1/completions", JsonSerializer.Serialize(new { model = "cat", prompt = "x", max_tokens = 1, user = new string('u', 513) }));

        Assert.Equal((400, "user"), (status, body.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task LeasesAndTombstones_AreTheAdministratorsToSee()
    {
        var (tenant, stable, _) = await StartAsync();
        var replicas = new ReplicaService.ReplicaServiceClient(tenant.AdminChannel);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await replicas.ListLeasesAsync(new ListLeasesRequest(), tenant.Metadata, cancellationToken: Cancellation));
        await Eventually.TrueAsync(
            async () => (await replicas.ListLeasesAsync(new ListLeasesRequest(), SharedGateway.Admin, cancellationToken: Cancellation)).Leases.Any(lease => lease.Version == stable), Cancellation);
        await SendAsync(tenant, HttpMethod.Delete, "/v1/adapters/cat");
        var tombstones = await TombstonesAsync(replicas);

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Equal("cat", tombstones.Single(tombstone => tombstone.Tenant == tenant.Name).Adapter);
        Assert.Equal(404, (await tenant.PostAsync("/v1/completions", """{"model":"cat","prompt":"x","max_tokens":1}""")).Status);
        Assert.NotEmpty(await tenant.UploadAsync("cat", "BIAS.pth"));
    }

    private static async Task<List<Tombstone>> TombstonesAsync(ReplicaService.ReplicaServiceClient replicas)
    {
        var listed = new List<Tombstone>();
        var request = new ListTombstonesRequest { PageSize = 1 };
        do
        {
            var page = await replicas.ListTombstonesAsync(request, SharedGateway.Admin, cancellationToken: Cancellation);
            listed.AddRange(page.Tombstones);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return listed;
    }

    private async Task<(TestTenant Tenant, string Stable, string Canary)> StartAsync()
    {
        var tenant = await gateway.NewTenantAsync();
        var stable = await tenant.UploadAsync("cat", "BIAS.pth");
        return (tenant, stable, await tenant.UploadAsync("cat", "CAPTION.pth", "&alias="));
    }

    private static async Task<string> VersionOverHttpAsync(TestTenant tenant, string user)
    {
        var (status, body) = await tenant.PostAsync("/v1/completions", JsonSerializer.Serialize(new { model = "cat", prompt = "x", max_tokens = 1, user }));
        Assert.True(status == 200, body.ToString());
        return body.GetProperty("system_fingerprint").GetString()!["sha256:".Length..];
    }

    private static async Task<string> VersionOverGrpcAsync(TestTenant tenant, string user)
    {
        var request = new GenerateRequest { Model = "cat", Text = "x", Sampling = new Sampling { MaxTokens = 1 }, User = user };
        using var call = new GenerationService.GenerationServiceClient(tenant.Channel).Generate(request, tenant.Metadata, cancellationToken: Cancellation);
        return (await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation))[0].Started.Version;
    }

    private static async Task<JsonElement> SendAsync(TestTenant tenant, HttpMethod method, string path, string json = "")
    {
        var (status, body) = await TrySendAsync(tenant, method, path, json);
        Assert.True(status == 200, body.ToString());
        return body;
    }

    private static async Task<(int Status, JsonElement Body)> TrySendAsync(TestTenant tenant, HttpMethod method, string path, string json = "")
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(json) };
        using var response = await tenant.Http.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }
}
