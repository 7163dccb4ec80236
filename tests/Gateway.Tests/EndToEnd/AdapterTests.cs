using System.Net.Http.Json;
using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using OpenAI.Chat;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Adapters come in, move and go.</summary>
public sealed class AdapterTests(SharedGateway gateway)
{
    private const int Clients = 8;
    private const int Moves = 6;

    private static readonly ChatCompletionOptions Greedy = new() { Temperature = 0, MaxOutputTokenCount = 16 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_OverHttpAndGrpc_IsOneVersion()
    {
        var tenant = await gateway.NewTenantAsync();
        var bytes = await File.ReadAllBytesAsync(Golden("BIAS.pth"), Cancellation);

        var overHttp = await tenant.UploadAsync("eye", "BIAS.pth");
        var overGrpc = await tenant.UploadOverGrpcAsync(
            new UploadHeader { Name = "eye", Alias = "stable", Settings = new AdapterSettings { VisualHeads = 4 } }, bytes);

        Assert.Equal(overHttp, overGrpc.Version);
        Assert.Equal(overHttp, Assert.Single(overGrpc.Adapter.Versions).Digest);
        Assert.Equal(["latest", "stable"], overGrpc.Adapter.Aliases.Keys.Order());
        Assert.True(overGrpc.Adapter.Versions[0].TakesPictures);
    }

    [Theory]
    [InlineData("V1-PREFIX.pth", "&gate=tanh", "V1-PREFIX.pth", "")]
    [InlineData("V1-PREFIX.pth", "&prompt_length=20", "V1-PREFIX.pth", "")]
    [InlineData("BIAS.pth", "&prompt_kv=tuned", "BIAS.pth", "")]
    [InlineData("BIAS.pth", "&channel_order=bgr", "BIAS.pth", "")]
    public async Task Upload_Setting_MakesAnotherVersionAndIsTheSameOverGrpc(string file, string setting, string otherFile, string otherSetting)
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadAsync("set", file, setting);
        var plain = await tenant.UploadAsync("set", otherFile, otherSetting);
        var settings = new AdapterSettings { VisualHeads = 4 };
        var (name, value) = (setting[1..setting.IndexOf('=', StringComparison.Ordinal)], setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        var field = AdapterSettings.Descriptor.FindFieldByName(name);
        field.Accessor.SetValue(settings, name == "prompt_length" ? int.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : value);

        var overGrpc = await tenant.UploadOverGrpcAsync(new UploadHeader { Name = "set", Settings = settings }, await File.ReadAllBytesAsync(Golden(file), Cancellation));

        Assert.NotEqual(plain, version);
        Assert.Equal(version, overGrpc.Version);
    }

    [Fact]
    public async Task Upload_EmptyAlias_MovesNone()
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadAsync("cat", "CAPTION.pth", "&alias=");

        var adapter = await tenant.Http.GetFromJsonAsync<JsonElement>(new Uri("/v1/adapters/cat", UriKind.Relative), Cancellation);

        Assert.Empty(adapter.GetProperty("aliases").EnumerateObject());
        Assert.Equal(version, adapter.GetProperty("versions")[0].GetProperty("digest").GetString());
        Assert.Equal(404, (await tenant.PostAsync("/v1/completions", """{"model":"cat","prompt":"x","max_tokens":1}""")).Status);
        Assert.Equal(200, (await tenant.PostAsync("/v1/completions", $$"""{"model":"cat@sha256:{{version}}","prompt":"x","max_tokens":1}""")).Status);
    }

    [Theory]
    [InlineData("cat", "", "garbage", "invalid_file")]
    [InlineData("base", "", "garbage", "invalid_value")]
    [InlineData("Big.Name", "", "garbage", "invalid_value")]
    [InlineData("cat", "?visual_heads=none", "garbage", "invalid_value")]
    [InlineData("cat", "?alias=No", "garbage", "invalid_value")]
    [InlineData("cat", "?prompt_length=0", "garbage", "invalid_value")]
    [InlineData("cat", "?gate=sigmoid", "garbage", "invalid_value")]
    [InlineData("cat", "?prompt_kv=both", "garbage", "invalid_value")]
    [InlineData("cat", "?scale_order=middle", "garbage", "invalid_value")]
    public async Task Upload_WrongFileOrDescription_IsRefusedAndLeavesNothing(string name, string query, string content, string code)
    {
        var tenant = await gateway.NewTenantAsync();

        using var response = await tenant.Http.PutAsync(new Uri($"/v1/adapters/{name}{query}", UriKind.Relative), new StringContent(content), Cancellation);

        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(code, body.GetProperty("error").GetProperty("code").GetString());
        var adapters = await new AdapterService.AdapterServiceClient(tenant.Channel)
            .ListAdaptersAsync(new ListAdaptersRequest(), tenant.Metadata, cancellationToken: Cancellation);
        Assert.Empty(adapters.Adapters);
    }

    [Fact]
    public async Task Upload_OverGrpcWithoutHeader_NamesThePart()
    {
        var tenant = await gateway.NewTenantAsync();
        using var call = new AdapterService.AdapterServiceClient(tenant.Channel).UploadAdapter(tenant.Metadata, cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new UploadAdapterRequest { Chunk = Google.Protobuf.ByteString.CopyFrom(1, 2) }, Cancellation);
        await call.RequestStream.CompleteAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("part", error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Single().Field);
    }

    [Fact]
    public async Task RollBack_AfterASecondUpload_GoesToTheFirst()
    {
        var tenant = await gateway.NewTenantAsync();
        var first = await tenant.UploadAsync("cat", "BIAS.pth");
        var second = await tenant.UploadAsync("cat", "CAPTION.pth");
        Assert.Equal(second, await VersionInUseAsync(tenant));

        var (status, body) = await tenant.PostAsync("/v1/adapters/cat/aliases/latest/rollback", "");

        Assert.True(status == 200, body.ToString());
        Assert.Equal(first, body.GetProperty("version").GetString());
        Assert.Equal(first, await VersionInUseAsync(tenant));
    }

    [Fact]
    public async Task Delete_Adapter_IsGone()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("cat", "CAPTION.pth");

        using var response = await tenant.Http.DeleteAsync(new Uri("/v1/adapters/cat", UriKind.Relative), Cancellation);

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal(404, (await tenant.PostAsync("/v1/completions", """{"model":"cat","prompt":"x","max_tokens":1}""")).Status);
    }

    [Fact]
    public async Task AliasMovesUnderLoad_NoAnswerFailsAndNoneIsMixed()
    {
        var tenant = await gateway.NewTenantAsync();
        var versions = new[] { await tenant.UploadAsync("flip", "BIAS.pth"), await tenant.UploadAsync("flip", "CAPTION.pth") };
        var solo = new Dictionary<string, string>();
        foreach (var version in versions)
        {
            solo[$"sha256:{version}"] = await AnswerAsync(tenant, $"flip@sha256:{version}", $"sha256:{version}");
        }

        Assert.Equal(2, solo.Values.Distinct().Count());
        using var moved = new CancellationTokenSource();
        using var answers = new SemaphoreSlim(0);
        var clients = Enumerable.Range(0, Clients).Select(_ => AskUntilAsync(tenant, solo, answers, moved.Token)).ToArray();
        for (var move = 0; move < Moves; move++)
        {
            var (status, body) = await tenant.PostAsync("/v1/adapters/flip/aliases/latest", $$"""{"version":"{{versions[move % 2]}}"}""");
            Assert.True(status == 200, body.ToString());

            // One answer more than there are clients: at least one began after the move.
            for (var answer = 0; answer <= Clients; answer++)
            {
                await answers.WaitAsync(Cancellation);
            }
        }

        await moved.CancelAsync();
        var seen = (await Task.WhenAll(clients)).SelectMany(versionsSeen => versionsSeen).ToHashSet();
        Assert.Equal(solo.Keys.ToHashSet(), seen);
    }

    /// <summary>Asks until the moves are over; each answer must be that of the version it says it came from.</summary>
    private static async Task<HashSet<string>> AskUntilAsync(TestTenant tenant, Dictionary<string, string> solo, SemaphoreSlim answers, CancellationToken moved)
    {
        var seen = new HashSet<string>();
        try
        {
            while (!moved.IsCancellationRequested)
            {
                var text = "";
                var fingerprints = new HashSet<string>();
                await foreach (var chunk in tenant.Chat("flip").CompleteChatStreamingAsync([new UserChatMessage("abc")], Greedy, Cancellation))
                {
                    text += string.Concat(chunk.ContentUpdate.Select(part => part.Text));
                    fingerprints.Add(chunk.SystemFingerprint);
                }

                Assert.Equal(solo[Assert.Single(fingerprints)], text);
                seen.Add(fingerprints.Single());
                answers.Release();
            }

            return seen;
        }
        finally
        {
            // A client that failed must not leave the moves waiting for its answers.
            answers.Release(Moves * (Clients + 1));
        }
    }

    private static async Task<string> AnswerAsync(TestTenant tenant, string model, string version)
    {
        var answer = (await tenant.Chat(model).CompleteChatAsync([new UserChatMessage("abc")], Greedy, Cancellation)).Value;
        Assert.Equal(version, answer.SystemFingerprint);
        return answer.Content[0].Text;
    }

    private static async Task<string> VersionInUseAsync(TestTenant tenant)
    {
        var answer = (await tenant.Chat("cat").CompleteChatAsync([new UserChatMessage("abc")], Greedy, Cancellation)).Value;
        return answer.SystemFingerprint["sha256:".Length..];
    }

    private static string Golden(string adapter) => Path.Combine(RepositoryFiles.Golden, "adapters", adapter);
}
