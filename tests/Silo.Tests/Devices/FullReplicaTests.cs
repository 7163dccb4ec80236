using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Conversations;
using Herd.Silo.Tests.Hosting;
using Herd.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Devices;

/// <summary>A replica with room for one sequence, which one long answer takes.</summary>
public sealed class FullReplicaTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestSilo? _silo;
    private IAsyncEnumerator<GenerationUpdate>? _long;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => _silo!;

    private ReplicaRouter Router => Silo.Services.GetRequiredService<ReplicaRouter>();

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(_folder.Path, Cancellation, ("Replica:MaxRunningSequences", "1"), ("Replica:MaxWaitingSequences", "0"));
        _long = Router.Generate(Request(2000), Cancellation).GetAsyncEnumerator(Cancellation);
        await _long.MoveNextAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _long!.DisposeAsync();
        await Silo.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_request_too_many_is_refused_with_a_time_to_retry()
    {
        var refused = await Assert.ThrowsAsync<HerdException>(() => Router.Generate(Request(4), Cancellation).ToListAsync(Cancellation).AsTask());

        Assert.Equal(HerdErrorCode.Overloaded, refused.Code);
        Assert.NotNull(refused.RetryAfter);
    }

    [Fact]
    public async Task A_turn_refused_for_want_of_room_can_be_sent_again_under_its_id()
    {
        await Silo.CreateTenantAsync("acme", new TenantLimits { ConcurrentSequences = 1 });
        CallerContext.SetTenant("acme");
        var conversation = Silo.Conversation("acme", "c1");
        await conversation.Create(new CreateConversation { Model = "base" }, Cancellation);

        var refused = await Assert.ThrowsAsync<HerdException>(
            () => conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 4), Cancellation).ToListAsync(Cancellation).AsTask());
        await _long!.DisposeAsync();
        await Eventually.TrueAsync(async () => (await StatusAsync()).RunningSequences == 0, Cancellation);
        var updates = await conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 4), Cancellation).ToListAsync(Cancellation);

        Assert.Equal(HerdErrorCode.Overloaded, refused.Code);
        Assert.Equal(TurnState.Completed, Assert.IsType<TurnFinished>(updates[^1]).Turn.State);
        Assert.Equal(1, (await conversation.Describe(Cancellation)).Turns);
    }

    private static GenerateRequest Request(int maxTokens) => new()
    {
        RequestId = Guid.NewGuid().ToString("N"),
        Tenant = "any",
        Prompt = new TextPrompt("Hello"),
        Sampling = new SamplingParameters { MaxTokens = maxTokens, IgnoreEnd = true },
    };

    private Task<ReplicaInfo> StatusAsync() => Silo.Grains.GetGrain<IModelGrain>(Silo.Table.Replicas.Single().ModelKey).GetStatus(Cancellation);
}
