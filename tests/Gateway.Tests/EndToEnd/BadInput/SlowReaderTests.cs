using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Readers that take a byte now and then, or nothing: nobody else waits for them, and what they asked for is done.</summary>
[Collection(typeof(HostileClients))]
public sealed class SlowReaderTests(HostileGateway gateway)
{
    private const int Others = 20;
    private const int SmallBuffer = 2048;

    // More than the wire and the server keep for a reader.
    private const int LongAnswer = 1900;

    private static readonly Sampling Endless = new() { Temperature = 0, MaxTokens = LongAnswer, IgnoreEnd = true };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HttpStream_ReadByteByByte_HoldsUpNobodyAndFreesTheReplica()
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { model = "base", prompt = "abc", max_tokens = 600, n = 4, logprobs = 20, temperature = 0, ignore_eos = true, stream = true });
        using var slow = await RawConnection.OpenAsync(gateway.Process.Http, SmallBuffer);
        await slow.SendAsync(gateway.Completion(body));
        Assert.Equal(1, await slow.ReadAsync(1));

        await OthersAreServedAsync(() => slow.ReadAsync(1));
        await ReplicaIsIdleAsync();
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Turn_ThatNobodyReads_IsCompletedInTheStore()
    {
        var tenant = gateway.Tenant;
        var conversations = new ConversationService.ConversationServiceClient(tenant.Channel);
        await conversations.CreateConversationAsync(new CreateConversationRequest { Id = "slow", Model = "base" }, tenant.Metadata, cancellationToken: Cancellation);
        using var channel = NewChannel();
        var request = new RunTurnRequest { ConversationId = "slow", TurnId = "one", Text = "abc", Sampling = Endless };
        using var call = new ConversationService.ConversationServiceClient(channel).RunTurn(request, tenant.Metadata, cancellationToken: Cancellation);
        await call.ResponseStream.MoveNext(Cancellation);

        await OthersAreServedAsync(() => Task.CompletedTask);
        await Eventually.TrueAsync(async () => (await TurnAsync(conversations)).State == TurnState.Completed, Cancellation);
        await ReplicaIsIdleAsync();

        Assert.Equal(LongAnswer, (await TurnAsync(conversations)).Usage.CompletionTokens);
        await conversations.DeleteConversationAsync(new DeleteConversationRequest { Id = "slow" }, tenant.Metadata, cancellationToken: Cancellation);
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task GrpcStream_ThatNobodyReads_IsGivenUp()
    {
        using var channel = NewChannel();
        var request = new GenerateRequest { Model = "base", Text = "abc", Sampling = Endless.Clone() };
        request.Sampling.LikeliestTokens = 20;
        using var call = new GenerationService.GenerationServiceClient(channel).Generate(request, gateway.Tenant.Metadata, cancellationToken: Cancellation);
        await call.ResponseStream.MoveNext(Cancellation);

        await OthersAreServedAsync(() => Task.CompletedTask);
        await ReplicaIsIdleAsync();
        await Eventually.TrueAsync(() => gateway.Process.Output.Contains("took nothing of it", StringComparison.Ordinal), Cancellation);

        var updates = 0;
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in call.ResponseStream.ReadAllAsync(Cancellation))
            {
                updates++;
            }
        });
        Assert.InRange(updates, 0, LongAnswer - 1);
        await gateway.ExpectUnharmedAsync();
    }

    private async Task OthersAreServedAsync(Func<Task> meanwhile)
    {
        for (var i = 0; i < Others; i++)
        {
            await gateway.Tenant.CompleteAsync("base", $"other {i}", 3);
            await meanwhile();
        }
    }

    private Task ReplicaIsIdleAsync() => Eventually.TrueAsync(
        async () =>
        {
            var replicas = new ReplicaService.ReplicaServiceClient(gateway.Tenant.AdminChannel);
            var listed = await replicas.ListReplicasAsync(new ListReplicasRequest(), SharedGateway.Admin, cancellationToken: Cancellation);
            return listed.Replicas.Single().RunningSequences == 0;
        },
        Cancellation,
        "no sequence runs");

    private async Task<Turn> TurnAsync(ConversationService.ConversationServiceClient conversations) =>
        (await conversations.ListTurnsAsync(new ListTurnsRequest { ConversationId = "slow" }, gateway.Tenant.Metadata, cancellationToken: Cancellation)).Turns.Single();

    // A connection of its own: others do not wait behind it.
    private GrpcChannel NewChannel() => GrpcChannel.ForAddress(
        gateway.Process.Grpc, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 65_535 }, DisposeHttpClient = true });
}
