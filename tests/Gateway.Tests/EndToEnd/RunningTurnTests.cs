using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What clients may do to a turn while it runs, and what is left of it.</summary>
public sealed class RunningTurnTests(SharedGateway gateway) : IDisposable
{
    private const int LongAnswer = 1900;

    private readonly TestFolder _data = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task RunTurn_SeveralTimesAtOnce_IsOneAnswerForAll()
    {
        var (tenant, conversations) = await NewConversationAsync("joined");

        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReadAsync(Run(conversations, tenant, "joined", "t1", 300))));

        Assert.All(all, updates => Assert.Equal(IdsOf(all[0]), IdsOf(updates)));
        Assert.All(all, updates => Assert.Equal(all[0][^1].Finished, updates[^1].Finished));
        Assert.Equal(1, (await conversations.GetConversationAsync(new GetConversationRequest { Id = "joined" }, tenant.Metadata, cancellationToken: Cancellation)).Turns);
    }

    [Fact]
    public async Task RunTurn_KnownIdWithAnotherText_IsRefusedWhileItRunsAndAfterwards()
    {
        var (tenant, conversations) = await NewConversationAsync("reused");
        using var call = Run(conversations, tenant, "reused", "t1", LongAnswer);
        await BeginAsync(call);

        var meanwhile = await RefusalAsync(Run(conversations, tenant, "reused", "t1", LongAnswer, "something else"));
        await CancelAsync(conversations, tenant, "reused", "t1");
        var afterwards = await RefusalAsync(Run(conversations, tenant, "reused", "t1", LongAnswer, "something else"));
        var withInput = new RunTurnRequest { ConversationId = "reused", TurnId = "t1", Text = "abc", Input = "more" };
        var other = await RefusalAsync(conversations.RunTurn(withInput, tenant.Metadata, cancellationToken: Cancellation));

        Assert.All(new[] { meanwhile, afterwards, other }, refused => Assert.Equal(StatusCode.AlreadyExists, refused.StatusCode));
    }

    [Fact]
    public async Task RunTurn_ReaderGone_RunsOnAndIsReadFromWhereItWas()
    {
        var (tenant, conversations) = await NewConversationAsync("left");
        TurnUpdate last;
        using (var call = Run(conversations, tenant, "left", "t1", 1000))
        {
            last = await BeginAsync(call);
        }

        var request = new ReadTurnRequest { ConversationId = "left", TurnId = "t1", FromIndex = last.NextIndex, RunningHash = last.RunningHash };
        var rest = await ReadAsync(conversations.ReadTurn(request, tenant.Metadata, cancellationToken: Cancellation));

        Assert.Equal((TurnState.Completed, 1000), (rest[^1].Finished.State, rest[^1].NextIndex));
        Assert.Equal(1000 - last.NextIndex, IdsOf(rest).Length);
    }

    [Fact]
    public async Task RunTurn_NobodyReadsForTheLimit_IsCancelled()
    {
        await using var own = GatewayProcess.Start(
            _data.Path, [.. HerdPrograms.GoldenBase, "--dtype", "float32", "--set", "Conversations:DetachedTurnLimit=00:00:00.5"]);
        await own.WaitUntilReadyAsync(Cancellation);
        var tenant = await TestTenant.CreateAsync(own, "acme");
        var conversations = new ConversationService.ConversationServiceClient(tenant.Channel);
        await CreateAsync(conversations, tenant, "alone", "base");
        using (var call = Run(conversations, tenant, "alone", "t1", LongAnswer))
        {
            await BeginAsync(call);
        }

        await Eventually.TrueAsync(async () => (await TurnsAsync(conversations, tenant, "alone"))[0].State == TurnState.Cancelled, Cancellation);

        Assert.Equal(FinishReason.Cancelled, (await TurnsAsync(conversations, tenant, "alone"))[0].FinishReason);
    }

    [Fact]
    public async Task CancelTurn_WhileItIsRead_EndsItForItsReadersAndKeepsWhatThereIs()
    {
        var (tenant, conversations) = await NewConversationAsync("cancelled");
        using var call = Run(conversations, tenant, "cancelled", "t1", LongAnswer);
        var begun = await BeginAsync(call);
        var reading = ReadAsync(call);

        await CancelAsync(conversations, tenant, "cancelled", "t1");
        var rest = await reading;
        await CancelAsync(conversations, tenant, "cancelled", "t1");
        var unknown = await Assert.ThrowsAsync<RpcException>(() => CancelAsync(conversations, tenant, "cancelled", "t2"));
        var exported = JsonDocument.Parse(await tenant.Http.GetStringAsync(new Uri("/v1/conversations/cancelled/export", UriKind.Relative), Cancellation)).RootElement;

        var finished = rest[^1].Finished;
        Assert.Equal((TurnState.Cancelled, FinishReason.Cancelled), (finished.State, finished.FinishReason));
        Assert.Equal(finished, (await TurnsAsync(conversations, tenant, "cancelled"))[0]);
        Assert.InRange(rest[^1].NextIndex, begun.NextIndex, LongAnswer - 1);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(("CANCELLED", "CANCELLED", finished.Answer), (exported.GetProperty("state").GetString()!.ToUpperInvariant(), exported.GetProperty("finish_reason").GetString()!.ToUpperInvariant(), exported.GetProperty("answer").GetString()));
        Assert.Equal(rest[^1].NextIndex, exported.GetProperty("answer_ids").GetArrayLength());
        Assert.Equal(JsonValueKind.String, exported.GetProperty("finished_at").ValueKind);
    }

    [Fact]
    public async Task DeleteConversation_WhileATurnRuns_EndsTheTurnAndLeavesNothing()
    {
        var (tenant, conversations) = await NewConversationAsync("deleted");
        using var call = Run(conversations, tenant, "deleted", "t1", LongAnswer);
        await BeginAsync(call);
        var reading = ReadAsync(call);

        await DeleteAsync(conversations, tenant, "deleted");
        var rest = await reading;

        Assert.Equal(TurnState.Cancelled, rest[^1].Finished.State);
        var described = await Assert.ThrowsAsync<RpcException>(
            async () => await conversations.GetConversationAsync(new GetConversationRequest { Id = "deleted" }, tenant.Metadata, cancellationToken: Cancellation));
        var read = await RefusalAsync(conversations.ReadTurn(new ReadTurnRequest { ConversationId = "deleted", TurnId = "t1" }, tenant.Metadata, cancellationToken: Cancellation));
        Assert.Equal((StatusCode.NotFound, StatusCode.NotFound), (described.StatusCode, read.StatusCode));
        await CreateAsync(conversations, tenant, "deleted", "base");
        Assert.Empty(await TurnsAsync(conversations, tenant, "deleted"));
    }

    [Fact]
    public async Task DeleteConversation_WithPictures_FreesThoseThatNoOtherTurnNames()
    {
        var (tenant, conversations) = await NewConversationAsync("plain");
        await tenant.UploadAsync("eye", "BIAS.pth");
        var (shared, single) = (await PictureAsync("rgb_320x240.png"), await PictureAsync("gray_80x50.png"));
        foreach (var (id, pictures) in new[] { ("first", new[] { shared, single }), ("second", [shared]) })
        {
            await CreateAsync(conversations, tenant, id, "eye");
            foreach (var (i, picture) in pictures.Index())
            {
                var request = new RunTurnRequest { ConversationId = id, TurnId = $"t{i}", Text = "abc", Picture = picture, Sampling = new Sampling { MaxTokens = 2 } };
                await ReadAsync(conversations.RunTurn(request, tenant.Metadata, cancellationToken: Cancellation));
            }
        }

        var digests = (await TurnsAsync(conversations, tenant, "first")).Select(turn => turn.PictureDigest).ToArray();
        await DeleteAsync(conversations, tenant, "first");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound], await Task.WhenAll(digests.Select(digest => PictureStatusAsync(tenant, digest))));
        await DeleteAsync(conversations, tenant, "second");
        Assert.Equal(HttpStatusCode.NotFound, await PictureStatusAsync(tenant, digests[0]));
    }

    [Fact]
    public async Task ListConversations_PageByPageOverBothSurfaces_IsEachOnce()
    {
        var (tenant, conversations) = await NewConversationAsync("c0");
        foreach (var id in new[] { "c1", "c2", "c3", "c4" })
        {
            await CreateAsync(conversations, tenant, id, "base");
        }

        var (overGrpc, overHttp) = (new List<string>(), new List<string>());
        var request = new ListConversationsRequest { PageSize = 2 };
        var path = "/v1/conversations?limit=2";
        do
        {
            var page = await conversations.ListConversationsAsync(request, tenant.Metadata, cancellationToken: Cancellation);
            overGrpc.AddRange(page.Conversations.Select(conversation => conversation.Id));
            request.PageToken = page.NextPageToken;
            var body = JsonDocument.Parse(await tenant.Http.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation)).RootElement;
            overHttp.AddRange(body.GetProperty("data").EnumerateArray().Select(conversation => conversation.GetProperty("id").GetString()!));
            path = $"/v1/conversations?limit=2&page_token={body.GetProperty("next_page_token").GetString()}";
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(["c0", "c1", "c2", "c3", "c4"], overGrpc.Order());
        Assert.Equal(overGrpc, overHttp);
        request.PageToken = "nonsense";
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await conversations.ListConversationsAsync(request, tenant.Metadata, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var before = new ListConversationsRequest { Before = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) };
        Assert.Empty((await conversations.ListConversationsAsync(before, tenant.Metadata, cancellationToken: Cancellation)).Conversations);
    }

    private async Task<(TestTenant Tenant, ConversationService.ConversationServiceClient Conversations)> NewConversationAsync(string id)
    {
        var tenant = await gateway.NewTenantAsync();
        var conversations = new ConversationService.ConversationServiceClient(tenant.Channel);
        await CreateAsync(conversations, tenant, id, "base");
        return (tenant, conversations);
    }

    private static async Task CreateAsync(ConversationService.ConversationServiceClient conversations, TestTenant tenant, string id, string model) =>
        await conversations.CreateConversationAsync(new CreateConversationRequest { Model = model, Id = id }, tenant.Metadata, cancellationToken: Cancellation);

    private static async Task DeleteAsync(ConversationService.ConversationServiceClient conversations, TestTenant tenant, string id) =>
        await conversations.DeleteConversationAsync(new DeleteConversationRequest { Id = id }, tenant.Metadata, cancellationToken: Cancellation);

    private static async Task CancelAsync(ConversationService.ConversationServiceClient conversations, TestTenant tenant, string id, string turn) =>
        await conversations.CancelTurnAsync(new CancelTurnRequest { ConversationId = id, TurnId = turn }, tenant.Metadata, cancellationToken: Cancellation);

    private static async Task<IReadOnlyList<Turn>> TurnsAsync(ConversationService.ConversationServiceClient conversations, TestTenant tenant, string id) =>
        (await conversations.ListTurnsAsync(new ListTurnsRequest { ConversationId = id }, tenant.Metadata, cancellationToken: Cancellation)).Turns;

    private static AsyncServerStreamingCall<TurnUpdate> Run(
        ConversationService.ConversationServiceClient conversations, TestTenant tenant, string id, string turn, int tokens, string text = "abc")
    {
        var sampling = new Sampling { Temperature = 0, MaxTokens = tokens, IgnoreEnd = true };
        return conversations.RunTurn(
            new RunTurnRequest { ConversationId = id, TurnId = turn, Text = text, Sampling = sampling }, tenant.Metadata, cancellationToken: Cancellation);
    }

    /// <returns>The first update with tokens.</returns>
    private static async Task<TurnUpdate> BeginAsync(AsyncServerStreamingCall<TurnUpdate> call)
    {
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        }
        while (call.ResponseStream.Current.Tokens is null);
        return call.ResponseStream.Current;
    }

    private static async Task<List<TurnUpdate>> ReadAsync(AsyncServerStreamingCall<TurnUpdate> call) =>
        await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);

    private static Task<RpcException> RefusalAsync(AsyncServerStreamingCall<TurnUpdate> call) => Assert.ThrowsAsync<RpcException>(() => ReadAsync(call));

    private static int[] IdsOf(IEnumerable<TurnUpdate> updates) => [.. updates.SelectMany(update => update.Tokens?.Ids.ToArray() ?? [])];

    private static async Task<ByteString> PictureAsync(string name) =>
        ByteString.CopyFrom(await File.ReadAllBytesAsync(Path.Combine(RepositoryFiles.Golden, "images", name), Cancellation));

    private static async Task<HttpStatusCode> PictureStatusAsync(TestTenant tenant, string digest)
    {
        using var response = await tenant.Http.GetAsync(new Uri($"/v1/pictures/{digest}", UriKind.Relative), Cancellation);
        return response.StatusCode;
    }
}
