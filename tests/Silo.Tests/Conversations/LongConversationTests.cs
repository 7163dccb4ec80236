using System.Diagnostics;
using Herd.Contracts.Conversations;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Conversations;

/// <summary>A conversation costs per turn the same however long it is: counted in statements, in steps of the database and in tokens, since time proves nothing on a busy machine.</summary>
public sealed class LongConversationTests : IAsyncLifetime
{
    private const int Few = 10;
    private const int Many = 1000;
    private const int Window = 30;
    private const int ContextTokens = 640;
    private const int AnswerTokens = 3;

    private readonly SqliteStorage _storage = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _storage.InitializeAsync();

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [Fact]
    public async Task The_thousandth_turn_costs_what_the_tenth_does()
    {
        await using var database = new CountingSqlite(_storage.Folder);
        Cost[] early;
        Cost[] late;
        await using (var silo = await StartAsync(database))
        {
            var few = await BeginAsync(silo, "few");
            early = await MeasureAsync(silo, database, few, 0, Few);
            var many = await BeginAsync(silo, "many");
            await RunAsync(many, 0, Many - Window);
            late = await MeasureAsync(silo, database, many, Many - Window, Many);
        }

        await using (var silo = await StartAsync(database))
        {
            CallerContext.SetAdmin();
            var few = await ActivateAsync(silo, database, "few");
            var many = await ActivateAsync(silo, database, "many");

            // A question more: the one that opens the dialogue in place of those that were dropped.
            Assert.Equal(few.Statements + 1, many.Statements);
            Assert.InRange(many.Steps, 1, 2 * few.Steps);
        }

        Report("early", early);
        Report("late", late);
        Assert.Equal(Median(early, cost => cost.Statements), Median(late, cost => cost.Statements));
        Assert.Equal(Median(early, cost => cost.Steps), Median(late, cost => cost.Steps));

        // What is kept of a full context when turns are dropped is computed again, so on average each token twice at most.
        Assert.InRange(late.Average(cost => cost.Tokens), 1, 2 * early.Average(cost => cost.Tokens));
    }

    private static void Report(string name, Cost[] costs) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"{name}: {costs.Average(cost => cost.Statements):F1} statements, {costs.Average(cost => cost.Steps):F0} steps, "
        + $"{costs.Average(cost => cost.Tokens):F0} prompt tokens computed, {costs.Average(cost => cost.Milliseconds):F1} ms a turn on average.");

    private static long Median(Cost[] costs, Func<Cost, long> of) => costs.Select(of).Order().ElementAt(costs.Length / 2);

    /// <summary>Those of turns that run by themselves are not a conversation's.</summary>
    private static bool IsOfConversations(CountingSqlite.Statement statement) =>
        (statement.Sql.Contains("turns", StringComparison.Ordinal) || statement.Sql.Contains("conversations", StringComparison.Ordinal))
        && !statement.Sql.Contains("state = 0", StringComparison.Ordinal);

    private static async Task<Cost[]> MeasureAsync(TestSilo silo, CountingSqlite database, IConversationGrain conversation, int from, int to)
    {
        var costs = new List<Cost>();
        for (var turn = from; turn < to; turn++)
        {
            var computed = await ComputedAsync(silo, conversation);
            database.Take();
            var started = Stopwatch.GetTimestamp();
            await RunAsync(conversation, turn, turn + 1);
            var time = Stopwatch.GetElapsedTime(started);
            costs.Add(CostOf(database) with { Tokens = await ComputedAsync(silo, conversation) - computed, Milliseconds = time.TotalMilliseconds });
        }

        return [.. costs];
    }

    private static async Task<Cost> ActivateAsync(TestSilo silo, CountingSqlite database, string id)
    {
        database.Take();
        await silo.Conversation(id, id).Describe(Cancellation);
        return CostOf(database);
    }

    private static Cost CostOf(CountingSqlite database)
    {
        var statements = database.Take().Where(IsOfConversations).ToArray();
        return new Cost(statements.Length, statements.Sum(statement => statement.Steps));
    }

    private static async Task RunAsync(IConversationGrain conversation, int from, int to)
    {
        for (var turn = from; turn < to; turn++)
        {
            var updates = await conversation.RunTurn(ConversationTests.Turn($"t{turn}", $"Is {turn} odd?", AnswerTokens), Cancellation).ToListAsync(Cancellation);
            Assert.Equal(TurnState.Completed, Assert.IsType<TurnFinished>(updates[^1]).Turn.State);
        }
    }

    /// <summary>How many prompt tokens the replica has computed for the conversation, those in its cache not counted.</summary>
    private static async Task<long> ComputedAsync(TestSilo silo, IConversationGrain conversation)
    {
        var tenant = GrainKeys.OwningTenant(conversation.GetPrimaryKeyString())!;
        var rows = await silo.Tenant(tenant).GetUsage(new UsageQuery(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, UsagePeriod.Day, 10), Cancellation);
        return rows.Sum(row => row.PromptTokens - row.CachedTokens);
    }

    private Task<TestSilo> StartAsync(CountingSqlite database)
    {
        var builder = TestSilo.Configure(_storage.Folder, ("Replica:MaxSequenceTokens", $"{ContextTokens}"));
        builder.Services.AddSingleton<Backend>(_ => database);
        return TestSilo.StartAsync(builder.Build(), Cancellation);
    }

    // Not async: the caller's identity must be set in the test's own flow.
    private static Task<IConversationGrain> BeginAsync(TestSilo silo, string id)
    {
        CallerContext.SetAdmin();
        return CreateAsync(silo, id);
    }

    private static async Task<IConversationGrain> CreateAsync(TestSilo silo, string id)
    {
        await silo.CreateTenantAsync(id);
        var conversation = silo.Conversation(id, id);
        await conversation.Create(new CreateConversation { Model = "base", Overflow = ContextOverflow.DropOldest }, Cancellation);
        return conversation;
    }

    /// <summary>What a turn, or an activation, took.</summary>
    private sealed record Cost(int Statements, int Steps)
    {
        internal long Tokens { get; init; }

        internal double Milliseconds { get; init; }
    }
}
