using Dapper;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing;

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
    public async Task A_turn_whose_process_died_goes_on_from_its_checkpoint_as_if_there_had_been_none()
    {
        Turn whole;
        await using (var silo = await StartAsync())
        {
            var conversation = await BeginAsync(silo, "died");
            await RunAsync(conversation, "t1");
            whole = Assert.Single(await conversation.ListTurns(0, 10, Cancellation));
        }

        // As a checkpoint behind the fifth token leaves it.
        await ExecuteAsync(
            """
            UPDATE turns SET state = 0, finish_reason = NULL, finished_at = NULL, completion_tokens = 0, answer_tokens = 0, answer_ids = substr(answer_ids, 1, 20),
              answer_text_ends = substr(answer_text_ends, 1, 20), answer = substr(answer, 1, @end)
            """,
            new { end = await EndOfFifthAsync() });

        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            var conversation = silo.Conversation("acme", "died");
            var updates = await conversation.ReadTurn("t1", 0, null, Cancellation).ToListAsync(Cancellation);
            Assert.Equal(whole, Assert.IsType<TurnFinished>(updates[^1]).Turn);
            Assert.Equal(whole.Answer, string.Concat(updates.OfType<TurnTokens>().Select(tokens => tokens.Text)));
            Assert.NotEmpty(await RunAsync(conversation, "t2"));
        }
    }

    [Fact]
    public async Task A_turn_that_goes_on_after_a_death_is_counted_once_with_all_its_tokens()
    {
        UsageRow whole;
        await using (var silo = await StartAsync())
        {
            await RunAsync(await BeginAsync(silo, "counted"), "t1");
            whole = await UsageAsync(silo);
        }

        // As a process leaves it that dies behind the fifth token.
        await ExecuteAsync(
            """
            UPDATE turns SET state = 0, finish_reason = NULL, finished_at = NULL, completion_tokens = 0, answer_tokens = 0, answer_ids = substr(answer_ids, 1, 20),
              answer_text_ends = substr(answer_text_ends, 1, 20), answer = substr(answer, 1, @end);
            DELETE FROM usage_hours;
            INSERT INTO usage_open (request_id, tenant, key_id, hour, sequences, prompt_tokens, generated_tokens, pictures)
            SELECT 'turn/' || tenant || '/' || conversation || '/' || position || '/' || created_at || '/0', tenant, 'first', created_at / 3600000 * 3600000, 1, 40, 64, 0
            FROM turns;
            """,
            new { end = await EndOfFifthAsync() });

        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            await silo.Conversation("acme", "counted").ReadTurn("t1", 0, null, Cancellation).ToListAsync(Cancellation);
            Assert.Equal(whole with { KeyId = "first", CachedTokens = 0 }, await UsageAsync(silo) with { CachedTokens = 0 });
            Assert.Equal(0, await ScalarAsync("SELECT COUNT(*) FROM usage_open"));
        }
    }

    [Fact]
    public async Task A_turn_whose_process_died_goes_on_though_nobody_asks_for_it()
    {
        await using (var silo = await StartAsync())
        {
            await RunAsync(await BeginAsync(silo, "alone"), "t1");
        }

        await ExecuteAsync("UPDATE turns SET state = 0, answer_ids = NULL, answer_text_ends = NULL, answer = '', tokenizer_digest = NULL", new { });

        await using (var silo = await StartAsync())
        {
            await Eventually.TrueAsync(async () => await ScalarAsync("SELECT state FROM turns") == (int)TurnState.Completed, Cancellation);
        }
    }

    [Fact]
    public async Task A_turn_taken_over_in_the_middle_is_written_by_its_new_holder_alone()
    {
        await using var silo = await StartAsync();
        var conversation = await BeginAsync(silo, "taken");
        await using var updates = conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 1900), Cancellation).GetAsyncEnumerator(Cancellation);
        while (await updates.MoveNextAsync() && updates.Current is not TurnTokens)
        {
        }

        // What another silo does that takes this one for dead.
        await ExecuteAsync("UPDATE conversations SET epoch = epoch + 1; UPDATE turns SET answer = 'mine', answer_ids = NULL, answer_text_ends = NULL", new { });

        var moved = await Assert.ThrowsAsync<HerdException>(async () =>
        {
            while (await updates.MoveNextAsync())
            {
                Assert.IsNotType<TurnFinished>(updates.Current);
            }
        });
        Assert.Equal(HerdErrorCode.Moved, moved.Code);
        await conversation.CancelTurn("t1", Cancellation);
        var turn = Assert.Single(await conversation.ListTurns(0, 10, Cancellation));
        Assert.NotEqual(TurnState.Running, turn.State);
    }

    [Fact]
    public async Task A_turn_that_cannot_go_on_has_failed_with_what_there_was_and_the_conversation_goes_on()
    {
        Turn whole;
        await using (var silo = await StartAsync())
        {
            var conversation = await BeginAsync(silo, "failed");
            await RunAsync(conversation, "t1");
            whole = Assert.Single(await conversation.ListTurns(0, 10, Cancellation));
        }

        // Its process died, and its version was deleted before another took it up.
        await ExecuteAsync("UPDATE turns SET state = 0, finish_reason = NULL, finished_at = NULL, version_digest = @gone; UPDATE conversations SET model = 'cat'", new { gone = new string('a', 64) });

        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            var conversation = silo.Conversation("acme", "failed");
            var updates = await conversation.ReadTurn("t1", 0, null, Cancellation).ToListAsync(Cancellation);
            var record = Assert.Single(await conversation.ReadRecords(0, Cancellation));

            var failed = Assert.IsType<TurnFinished>(updates[^1]).Turn;
            Assert.Equal((TurnState.Failed, HerdErrorCode.NotFound, null, whole.Answer), (failed.State, failed.ErrorCode, failed.FinishReason, failed.Answer));
            Assert.Equal(failed, record.Turn);
            Assert.Equal(ConversationTests.Ids(updates), record.AnswerIds);
            Assert.NotNull(record.FinishedAt);
            Assert.Equal(0, (await conversation.Describe(Cancellation)).HistoryTokens);
        }
    }

    [Fact]
    public async Task A_stopping_process_lets_a_running_turn_end()
    {
        await using (var silo = await StartAsync())
        {
            var conversation = await BeginAsync(silo, "drained");
            await using var updates = conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 100), Cancellation).GetAsyncEnumerator(Cancellation);
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

    private static async Task<UsageRow> UsageAsync(TestSilo silo)
    {
        var query = new UsageQuery(DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddHours(1), UsagePeriod.Hour, 100);
        return Assert.Single(await silo.Tenant("acme").GetUsage(query, Cancellation));
    }

    private async Task<int> EndOfFifthAsync()
    {
        await using var connection = await storage.OpenAsync();
        return Columns.Ints(await connection.ExecuteScalarAsync<byte[]>("SELECT answer_text_ends FROM turns"))[4];
    }

    private async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = await storage.OpenAsync();
        return await connection.ExecuteScalarAsync<long>(sql);
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
