using System.Net;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What silos and gateways in processes of their own owe their clients, whatever the gateways are to the cluster.</summary>
public abstract class ApartTests(ClusterFixture fixture)
{
    private const int LongAnswer = 1500;

    private readonly HerdCluster _cluster = fixture.Cluster;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Generate_OverHttpAndGrpcThroughBothGateways_IsOneAnswer()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);

        var (status, first) = await tenant.CompleteAsync(0, "base", "abc", 16);
        var (_, second) = await tenant.CompleteAsync(1, "base", "abc", 16);
        var calls = await Task.WhenAll(new[] { 0, 1 }.Select(gateway => tenant.GenerateAsync(gateway, "abc", 16)));

        Assert.True(status == 200, first.ToString());
        var text = TextOf(first);
        Assert.Equal(text, TextOf(second));
        Assert.All(calls, call => Assert.Equal(text, call.Text));
    }

    [Fact]
    public async Task Upload_ThroughOneGateway_ServesThroughTheOther()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);

        var version = await tenant.UploadAsync(0, "cat", "CHAT-BIAS-SCALE-NORM.pth");
        var (status, answer) = await tenant.CompleteAsync(1, "cat", "abc", 8);

        Assert.True(status == 200, answer.ToString());
        Assert.Equal($"sha256:{version}", answer.GetProperty("system_fingerprint").GetString());
    }

    [Fact]
    public async Task Turns_ThroughBothGateways_AreOneConversation()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);
        var talk = await tenant.Conversations(0).CreateConversationAsync(new CreateConversationRequest { Model = "base" }, tenant.Metadata, cancellationToken: Cancellation);

        var first = await RunTurnAsync(tenant, 0, talk.Id, "t1", 8);
        var again = await RunTurnAsync(tenant, 1, talk.Id, "t1", 8);
        await RunTurnAsync(tenant, 1, talk.Id, "t2", 8);

        Assert.Equal(first, again);
        var turns = await tenant.Conversations(0).ListTurnsAsync(new ListTurnsRequest { ConversationId = talk.Id }, tenant.Metadata, cancellationToken: Cancellation);
        Assert.Equal(["t1", "t2"], turns.Turns.Select(turn => turn.TurnId));
    }

    [Fact]
    public async Task Replicas_OfEveryDeviceOfEverySilo_AreThere()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);

        var replicas = await new ReplicaService.ReplicaServiceClient(tenant.Channels[1])
            .ListReplicasAsync(new ListReplicasRequest(), HerdCluster.Admin, cancellationToken: Cancellation);

        Assert.Equal(4, replicas.Replicas.Count);
    }

    [Fact]
    public void Gateway_HoldsNoTensors()
    {
        Assert.Contains("libtorch", LibrariesOf(_cluster.Silo(0)), StringComparison.Ordinal);
        Assert.DoesNotContain("libtorch", LibrariesOf(_cluster.Gateway(0)), StringComparison.Ordinal);
        Assert.DoesNotContain("LibTorchSharp", LibrariesOf(_cluster.Gateway(1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SiloKilled_OpenStreamsGoOnElsewhereAsIfNothingHadBeen()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);
        var prompts = Enumerable.Range(0, 6).Select(i => $"story {i}").ToArray();
        var undisturbed = await Task.WhenAll(prompts.Select((prompt, i) => tenant.GenerateAsync(i % 2, prompt, LongAnswer)));
        var watches = prompts.Select(_ => new StreamWatch()).ToArray();
        var streams = prompts.Select((prompt, i) => tenant.GenerateAsync(i % 2, prompt, LongAnswer, watches[i].Note)).ToArray();

        await Task.WhenAll(watches.Select(watch => watch.Begun)).WaitAsync(Cancellation);
        await _cluster.Silo(0).KillAsync();
        var broken = await Task.WhenAll(streams);
        await _cluster.StartSiloAsync(0, Cancellation);

        TestContext.Current.TestOutputHelper?.WriteLine($"Longest silence of a stream: {watches.Max(watch => watch.Silence).TotalSeconds:F1} s.");
        Assert.All(undisturbed.Zip(broken), pair => Assert.Equal(pair.First.Tokens, pair.Second.Tokens));
        Assert.All(undisturbed.Zip(broken), pair => Assert.Equal(pair.First.Text, pair.Second.Text));
        Assert.All(broken, answer => Assert.Equal(Enumerable.Range(0, LongAnswer), answer.Tokens.Select(token => token.Index)));
    }

    [Fact]
    public async Task GatewayKilled_TheTurnIsResumedThroughTheOther()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);
        var talk = await tenant.Conversations(1).CreateConversationAsync(new CreateConversationRequest { Model = "base" }, tenant.Metadata, cancellationToken: Cancellation);
        var turn = TurnOf(talk.Id, "t1", 800);
        var before = "";
        var known = 0;
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            using var call = tenant.Conversations(0).RunTurn(turn, tenant.Metadata, cancellationToken: Cancellation);
            await foreach (var update in call.ResponseStream.ReadAllAsync(Cancellation))
            {
                before += update.Tokens?.Text;
                known += update.Tokens?.Ids.Count ?? 0;
                if (known > 20)
                {
                    await _cluster.Gateway(0).KillAsync();
                }
            }
        });

        var read = new ReadTurnRequest { ConversationId = talk.Id, TurnId = "t1", FromIndex = known };
        var after = await ReadAsync(tenant.Conversations(1).ReadTurn(read, tenant.Metadata, cancellationToken: Cancellation));
        var turns = await tenant.Conversations(1).ListTurnsAsync(new ListTurnsRequest { ConversationId = talk.Id }, tenant.Metadata, cancellationToken: Cancellation);
        await _cluster.StartGatewayAsync(0, Cancellation);

        Assert.Equal(turns.Turns[0].Answer, before + after);
        Assert.Equal(TurnState.Completed, turns.Turns[0].State);
    }

    [Fact]
    public async Task SiloTerminated_UnderLoad_NoRequestFails()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var answered = 0;
        var load = Enumerable.Range(0, 6).Select(async worker =>
        {
            var faults = new List<string>();
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                var (status, body) = await tenant.CompleteAsync(worker % 2, "base", $"load {worker} {i}", 40);
                Interlocked.Increment(ref answered);
                faults.AddRange(status == 200 ? [] : [body.ToString()]);
            }

            return faults;
        }).ToArray();

        var code = await _cluster.Silo(1).TerminateAsync();
        await _cluster.StartSiloAsync(1, Cancellation);
        await enough.CancelAsync();
        var failed = (await Task.WhenAll(load)).SelectMany(faults => faults).ToArray();

        TestContext.Current.TestOutputHelper?.WriteLine($"{answered} requests.");
        Assert.Empty(failed);
        Assert.Equal(0, code);
        Assert.True(answered > 6);
    }

    [Fact]
    public async Task AliasMoved_WhileAReplicaIsDownAndAfterItCameBack_NoAnswerFailsOrIsOfAnotherVersion()
    {
        using var tenant = await _cluster.NewTenantAsync(Cancellation);
        var versions = new[] { await tenant.UploadAsync(0, "flip", "BIAS.pth"), await tenant.UploadAsync(0, "flip", "CAPTION.pth") };
        var texts = new Dictionary<string, string?>();
        foreach (var version in versions)
        {
            var (_, body) = await tenant.CompleteAsync(0, $"flip@sha256:{version}", "abc", 8);
            texts.Add($"sha256:{version}", TextOf(body));
        }

        await _cluster.Silo(2).KillAsync();
        await Eventually.TrueAsync(async () => (await ReplicasAsync(tenant)).Length == 3, Cancellation);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var load = Enumerable.Range(0, 6).Select(async worker =>
        {
            var faults = new List<string>();
            while (!enough.IsCancellationRequested)
            {
                var (status, body) = await tenant.CompleteAsync(worker % 2, "flip", "abc", 8);
                var isRight = status == 200 && texts[body.GetProperty("system_fingerprint").GetString()!] == TextOf(body);
                faults.AddRange(isRight ? [] : [body.ToString()]);
            }

            return faults;
        }).ToArray();
        for (var move = 0; move < 20; move++)
        {
            if (move == 10)
            {
                await _cluster.StartSiloAsync(2, Cancellation);
                await Eventually.TrueAsync(async () => (await ReplicasAsync(tenant)).Length == 4, Cancellation);
            }

            var request = new MoveAliasRequest { Name = "flip", Alias = "latest", Version = versions[move % 2] };
            await new AdapterService.AdapterServiceClient(tenant.Channels[move % 2]).MoveAliasAsync(request, tenant.Metadata, cancellationToken: Cancellation);
        }

        await enough.CancelAsync();
        Assert.Empty((await Task.WhenAll(load)).SelectMany(faults => faults));
        Assert.All(await ReplicasAsync(tenant), replica => Assert.Subset(replica.ResidentVersions.ToHashSet(), versions.ToHashSet()));
    }

    [Fact]
    public async Task Health_OfEveryProcess_IsTold()
    {
        Assert.Equal(HttpStatusCode.OK, await _cluster.HealthAsync(_cluster.Health(0), "/healthz", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound, await _cluster.HealthAsync(_cluster.Health(0), "/v1/models", Cancellation));
        Assert.Equal(HttpStatusCode.OK, await _cluster.HealthAsync(_cluster.Http(1), "/healthz", Cancellation));
    }

    private static async Task<Replica[]> ReplicasAsync(ClusterTenant tenant)
    {
        var listed = await new ReplicaService.ReplicaServiceClient(tenant.Channels[0])
            .ListReplicasAsync(new ListReplicasRequest(), HerdCluster.Admin, cancellationToken: Cancellation);
        return [.. listed.Replicas.Where(replica => replica.State == ReplicaState.Ready)];
    }

    private static string LibrariesOf(ChildProcess process) => File.ReadAllText($"/proc/{process.Id}/maps");

    private static string? TextOf(System.Text.Json.JsonElement body) => body.GetProperty("choices")[0].GetProperty("text").GetString();

    private static RunTurnRequest TurnOf(string conversation, string turn, int tokens) => new()
    {
        ConversationId = conversation, TurnId = turn, Text = "Hello", Sampling = new Sampling { Temperature = 0, MaxTokens = tokens, IgnoreEnd = true },
    };

    private static Task<string> RunTurnAsync(ClusterTenant tenant, int gateway, string conversation, string turn, int tokens) =>
        ReadAsync(tenant.Conversations(gateway).RunTurn(TurnOf(conversation, turn, tokens), tenant.Metadata, cancellationToken: Cancellation));

    private static async Task<string> ReadAsync(AsyncServerStreamingCall<TurnUpdate> call)
    {
        using var owned = call;
        var text = "";
        await foreach (var update in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            text += update.Tokens?.Text;
        }

        return text;
    }
}

[Collection("processes")]
public sealed class MembersOnSqliteTests(MembersOnSqlite fixture) : ApartTests(fixture), IClassFixture<MembersOnSqlite>;

[Collection("processes")]
public sealed class ClientsOnPostgresTests(ClientsOnPostgres fixture) : ApartTests(fixture), IClassFixture<ClientsOnPostgres>;
