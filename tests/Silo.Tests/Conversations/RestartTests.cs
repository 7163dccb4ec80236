using Dapper;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Conversations;

/// <summary>What is left of conversations when the process has ended.</summary>
public abstract class RestartTests(TestStorage storage) : IAsyncLifetime
{

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => storage.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_conversation_goes_on_after_a_restart_as_if_there_had_been_none()
    {
        int[] unbroken;
        await using (var silo = await StartAsync())
        {
            var whole = await BeginAsync(silo, "whole");
            await RunAsync(whole, "t1");
            unbroken = await RunAsync(whole, "t2");
            await RunAsync(await BeginAsync(silo, "broken"), "t1");
        }

        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            Assert.Equal(unbroken, await RunAsync(silo.Conversation("acme", "broken"), "t2"));
        }
    }

    [Fact]
    public async Task A_turn_that_died_with_its_process_has_failed_and_the_next_turn_ignores_it()
    {
        await using (var silo = await StartAsync())
        {
            await RunAsync(await BeginAsync(silo, "died"), "t1");
        }

        await using (var connection = await storage.OpenAsync())
        {
            await connection.ExecuteAsync("UPDATE turns SET state = 0");
        }

        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            var conversation = silo.Conversation("acme", "died");
            var turn = Assert.Single(await conversation.ListTurns(0, 10, Cancellation));
            Assert.Equal((TurnState.Failed, HerdErrorCode.Unavailable), (turn.State, turn.ErrorCode));
            Assert.NotNull(turn.Error);
            Assert.Equal(0, (await conversation.Describe(Cancellation)).HistoryTokens);
            Assert.NotEmpty(await RunAsync(conversation, "t2"));
        }
    }

    [Fact]
    public async Task A_stopping_process_lets_a_running_turn_end()
    {
        await using (var silo = await StartAsync())
        {
            var conversation = await BeginAsync(silo, "drained");
            await using var updates = conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 300), Cancellation).GetAsyncEnumerator(Cancellation);
            while (await updates.MoveNextAsync() && updates.Current is not TurnTokens)
            {
            }
        }

        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            var turn = Assert.Single(await silo.Conversation("acme", "drained").ListTurns(0, 10, Cancellation));
            Assert.Equal(TurnState.Completed, turn.State);
        }
    }

    [Fact]
    public async Task A_turn_without_readers_is_cancelled_when_its_time_is_up()
    {
        await using var silo = await StartAsync(("Conversations:DetachedTurnLimit", "00:00:00.05"));
        var conversation = await BeginAsync(silo, "alone");
        await using (var updates = conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 1900), Cancellation).GetAsyncEnumerator(Cancellation))
        {
            while (await updates.MoveNextAsync() && updates.Current is not TurnTokens)
            {
            }
        }

        await Eventually.TrueAsync(
            async () => (await conversation.ListTurns(0, 1, Cancellation))[0] is { State: TurnState.Cancelled, FinishReason: FinishReason.Cancelled }, Cancellation);
    }

    private Task<TestSilo> StartAsync(params (string, string)[] settings) => TestSilo.StartAsync(storage, Cancellation, settings);

    // Not async: the caller's identity must be set in the test's own flow.
    private static Task<IConversationGrain> BeginAsync(TestSilo silo, string id)
    {
        CallerContext.SetAdmin();
        return CreateAsync(silo, id);
    }

    private static async Task<IConversationGrain> CreateAsync(TestSilo silo, string id)
    {
        if ((await silo.Grains.GetGrain<ITenantDirectoryGrain>(Contracts.Keys.GrainKeys.TenantDirectory).ListTenants(Cancellation)).IsEmpty)
        {
            await silo.CreateTenantAsync("acme");
        }

        var conversation = silo.Conversation("acme", id);
        await conversation.Create(new CreateConversation { Model = "base", System = "Be brief." }, Cancellation);
        return conversation;
    }

    private static async Task<int[]> RunAsync(IConversationGrain conversation, string id)
    {
        return ConversationTests.Ids(await conversation.RunTurn(ConversationTests.Turn(id, "Text of " + id, 12), Cancellation).ToListAsync(Cancellation));
    }

    public sealed class OnSqlite() : RestartTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : RestartTests(new PostgresStorage(server));
}
