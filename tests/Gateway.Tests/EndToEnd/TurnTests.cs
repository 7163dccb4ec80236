using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What turns promise over the wire.</summary>
public sealed class TurnTests(SharedGateway gateway) : IDisposable
{
    private readonly TestFolder _data = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Killed_InTheMiddleOfATurn_GoesOnWhereItWasAndNothingSentChanges()
    {
        var port = $"Cluster:SiloPort={FreePorts.Take()}";
        var (tenant, whole, seen) = await RunUntilKilledAsync(port);

        await using var second = await StartAsync("--set", port);
        var after = new TestTenant(second, GrpcChannel.ForAddress(second.Grpc), tenant.Name, tenant.Key);
        var conversations = new ConversationService.ConversationServiceClient(after.Channel);
        var last = seen[^1];
        var request = new ReadTurnRequest { ConversationId = "cut", TurnId = "t1", FromIndex = last.NextIndex, RunningHash = last.RunningHash };
        using var call = conversations.ReadTurn(request, after.Metadata, cancellationToken: Cancellation);
        var rest = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);

        Assert.DoesNotContain(rest, update => update.Restarted is not null);
        Assert.Equal(TurnState.Completed, rest[^1].Finished.State);
        Assert.Equal(IdsOf(whole), IdsOf([.. seen, .. rest]));
        Assert.Equal(whole[^1].Finished.Answer, TextOf([.. seen, .. rest]));
        Assert.Equal(whole[^1].RunningHash, rest[^1].RunningHash);
        Assert.Equal(rest[^1].Finished.Answer, (await RunAsync(conversations, after, "cut", Long("t1")))[^1].Finished.Answer);
        await AssertCountedOnceAsync(after, whole, rest);
    }

    [Fact]
    public async Task ReadTurn_WithAnotherHash_IsToldAndGetsTheWholeAnswer()
    {
        var (tenant, conversations) = await NewConversationAsync("hash");
        var whole = await RunAsync(conversations, tenant, "hash", Short("t1"));

        var request = new ReadTurnRequest { ConversationId = "hash", TurnId = "t1", FromIndex = 3, RunningHash = 42 };
        using var call = conversations.ReadTurn(request, tenant.Metadata, cancellationToken: Cancellation);
        var again = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);

        Assert.Equal([TurnUpdate.UpdateOneofCase.Accepted, TurnUpdate.UpdateOneofCase.Restarted], again.Take(2).Select(update => update.UpdateCase));
        Assert.Equal((0, "t1"), (again[1].NextIndex, again[1].TurnId));
        Assert.Equal(IdsOf(whole), IdsOf(again));
    }

    [Fact]
    public async Task Overflow_Refused_SaysByHowManyTokens()
    {
        var (tenant, conversations) = await NewConversationAsync("full");
        var first = await RunAsync(conversations, tenant, "full", Short("t1"));
        var context = (await new ModelService.ModelServiceClient(tenant.Channel).ListModelsAsync(new ListModelsRequest(), tenant.Metadata, cancellationToken: Cancellation))
            .Models[0].Base.ContextTokens;
        var all = Short("t2");
        all.Sampling.MaxTokens = context;

        var refused = await Assert.ThrowsAsync<RpcException>(() => RunAsync(conversations, tenant, "full", all));

        var info = refused.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>();
        Assert.Equal("CONTEXT_LENGTH_EXCEEDED", info.Reason);
        Assert.True(int.Parse(info.Metadata["excess_tokens"], System.Globalization.CultureInfo.InvariantCulture) > first[^1].Finished.Usage.PromptTokens);
    }

    [Fact]
    public async Task Overflow_DropOldest_SaysWhatWasDroppedAndKeepsItStored()
    {
        var (tenant, conversations) = await NewConversationAsync("drops", ContextOverflow.DropOldest);
        var turns = new List<List<TurnUpdate>>();
        while (turns.Count < 20 && turns.All(turn => turn.All(update => update.Dropped is null)))
        {
            var request = Short($"t{turns.Count}");
            request.Sampling.MaxTokens = 600;
            request.Sampling.IgnoreEnd = true;
            turns.Add(await RunAsync(conversations, tenant, "drops", request));
        }

        var dropping = turns[^1];
        var dropped = dropping.Single(update => update.Dropped is not null).Dropped;
        Assert.Equal((dropped.Turns, dropped.HistoryFrom), (dropping[^1].Finished.DroppedTurns, dropping[^1].Finished.HistoryFrom));
        Assert.Equal(dropped.Turns, dropped.HistoryFrom);
        Assert.True(dropping[^1].Finished.Usage.PromptTokens < turns[^2][^1].Finished.Usage.PromptTokens + 600);
        var described = await conversations.GetConversationAsync(new GetConversationRequest { Id = "drops" }, tenant.Metadata, cancellationToken: Cancellation);
        Assert.Equal((turns.Count, ContextOverflow.DropOldest), (described.Turns, described.Overflow));
    }

    [Fact]
    public async Task Picture_ByDigest_IsFoundForItsTenantAlone()
    {
        var owner = await gateway.NewTenantAsync();
        var other = await gateway.NewTenantAsync();
        var bytes = ByteString.CopyFrom(await File.ReadAllBytesAsync(Path.Combine(RepositoryFiles.Golden, "images", "rgb_320x240.png"), Cancellation));
        foreach (var tenant in new[] { owner, other })
        {
            await tenant.UploadAsync("eye", "BIAS.pth");
            await ConversationsOf(tenant).CreateConversationAsync(new CreateConversationRequest { Model = "eye", Id = "c" }, tenant.Metadata, cancellationToken: Cancellation);
        }

        var sent = Short("t1");
        sent.Picture = bytes;
        var digest = (await RunAsync(ConversationsOf(owner), owner, "c", sent))[^1].Finished.PictureDigest;
        var named = Short("t2");
        named.PictureDigest = digest;
        var found = await RunAsync(ConversationsOf(owner), owner, "c", named);
        var foreign = await Assert.ThrowsAsync<RpcException>(() => RunAsync(ConversationsOf(other), other, "c", named));
        var unknown = Short("t2");
        unknown.PictureDigest = new string('a', 64);
        var absent = await Assert.ThrowsAsync<RpcException>(() => RunAsync(ConversationsOf(other), other, "c", unknown));

        Assert.Equal(digest, found[^1].Finished.PictureDigest);
        Assert.Equal(StatusCode.NotFound, foreign.StatusCode);
        Assert.Equal(absent.Status, foreign.Status);
    }

    [Fact]
    public async Task Export_OverBothSurfaces_IsALineOfAllThatIsStoredOfEachTurn()
    {
        var (tenant, conversations) = await NewConversationAsync("export");
        var first = await RunAsync(conversations, tenant, "export", Short("t1"));
        await RunAsync(conversations, tenant, "export", Short("t2"));

        using var call = conversations.ExportConversation(new ExportConversationRequest { Id = "export" }, tenant.Metadata, cancellationToken: Cancellation);
        var lines = await call.ResponseStream.ReadAllAsync(Cancellation).Select(response => response.Line).ToListAsync(Cancellation);
        var overHttp = await tenant.Http.GetStringAsync(new Uri("/v1/conversations/export/export", UriKind.Relative), Cancellation);

        Assert.Equal(string.Concat(lines.Select(line => line + "\n")), overHttp);
        var turn = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal(IdsOf(first), turn.GetProperty("answer_ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(first[^1].Finished.Usage.PromptTokens, turn.GetProperty("prompt_ids").GetArrayLength());
        Assert.Equal(JsonValueKind.Number, turn.GetProperty("sampling").GetProperty("seed").ValueKind);
        Assert.Equal(["t1", "t2"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("turn_id").GetString()));
    }

    /// <summary>One turn to its end, and the same in another conversation until the process is killed in its middle.</summary>
    private async Task<(TestTenant Tenant, List<TurnUpdate> Whole, List<TurnUpdate> Seen)> RunUntilKilledAsync(string port)
    {
        await using var first = await StartAsync("--set", port);
        var tenant = await TestTenant.CreateAsync(first, "acme");
        var conversations = ConversationsOf(tenant);
        foreach (var id in new[] { "whole", "cut" })
        {
            await conversations.CreateConversationAsync(new CreateConversationRequest { Model = "base", Id = id }, tenant.Metadata, cancellationToken: Cancellation);
        }

        var whole = await RunAsync(conversations, tenant, "whole", Long("t1"));
        using var call = conversations.RunTurn(Into("cut", Long("t1")), tenant.Metadata, cancellationToken: Cancellation);
        var seen = new List<TurnUpdate>();
        while (seen.Count == 0 || seen[^1].NextIndex < 100)
        {
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            seen.Add(call.ResponseStream.Current);
        }

        Assert.Null(seen[^1].Finished);
        await first.KillAsync();
        return (tenant, whole, seen);
    }

    /// <summary>Both turns are on the account, each with its prompt and all that it sent, however many processes made it.</summary>
    private static async Task AssertCountedOnceAsync(TestTenant tenant, params List<TurnUpdate>[] turns)
    {
        var usage = JsonDocument.Parse(await tenant.Http.GetStringAsync(new Uri("/v1/usage", UriKind.Relative), Cancellation)).RootElement.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(turns.Length, usage.Sum(row => row.GetProperty("requests").GetInt32()));
        Assert.Equal(turns.Sum(turn => turn[^1].Finished.Usage.PromptTokens), usage.Sum(row => row.GetProperty("prompt_tokens").GetInt32()));
        Assert.Equal(turns.Sum(turn => turn[^1].NextIndex), usage.Sum(row => row.GetProperty("generated_tokens").GetInt32()));
    }

    private async Task<GatewayProcess> StartAsync(params string[] arguments)
    {
        var process = GatewayProcess.Start(_data.Path, [.. HerdPrograms.GoldenBase, "--dtype", "float32", .. arguments]);
        await process.WaitUntilReadyAsync(Cancellation);
        return process;
    }

    private async Task<(TestTenant Tenant, ConversationService.ConversationServiceClient Conversations)> NewConversationAsync(
        string id, ContextOverflow overflow = ContextOverflow.Unspecified)
    {
        var tenant = await gateway.NewTenantAsync();
        var conversations = ConversationsOf(tenant);
        var request = new CreateConversationRequest { Model = "base", Id = id, Overflow = overflow };
        await conversations.CreateConversationAsync(request, tenant.Metadata, cancellationToken: Cancellation);
        return (tenant, conversations);
    }

    private static ConversationService.ConversationServiceClient ConversationsOf(TestTenant tenant) => new(tenant.Channel);

    private static RunTurnRequest Short(string id) => new() { TurnId = id, Text = "abc", Sampling = new Sampling { Temperature = 0, MaxTokens = 10 } };

    /// <summary>Long enough to be cut, and sampled: only the seed of the first try makes the same answer.</summary>
    private static RunTurnRequest Long(string id) =>
        new() { TurnId = id, Text = "abc", Sampling = new Sampling { Temperature = 1, TopP = 1, Seed = 7, MaxTokens = 1000, IgnoreEnd = true } };

    private static RunTurnRequest Into(string conversation, RunTurnRequest turn)
    {
        turn.ConversationId = conversation;
        return turn;
    }

    private static async Task<List<TurnUpdate>> RunAsync(
        ConversationService.ConversationServiceClient conversations, TestTenant tenant, string conversation, RunTurnRequest turn)
    {
        using var call = conversations.RunTurn(Into(conversation, turn), tenant.Metadata, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    private static int[] IdsOf(IEnumerable<TurnUpdate> updates) => [.. updates.SelectMany(update => update.Tokens?.Ids.ToArray() ?? [])];

    private static string TextOf(IEnumerable<TurnUpdate> updates) => string.Concat(updates.Select(update => update.Tokens?.Text));
}
