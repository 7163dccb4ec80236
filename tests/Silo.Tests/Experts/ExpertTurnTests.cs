using Dapper;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Demo.Pictures;
using Herd.Silo.Tests.Conversations;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing.Experts;

namespace Herd.Silo.Tests.Experts;

/// <summary>What experts said is part of the turn: stored with it, and never asked for again.</summary>
public abstract class ExpertTurnTests(TestStorage storage) : IAsyncLifetime
{
    private static readonly byte[] Stop = SignPicture.Draw(3, "STOP");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => storage.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_turn_goes_on_after_a_death_with_what_was_said_and_asks_nobody()
    {
        Assert.SkipWhen(TesseractProgram.Missing is not null, TesseractProgram.Missing ?? "");
        Turn whole;
        await using (var silo = await StartAsync())
        {
            var conversation = await BeginAsync(silo, "died");
            await RunAsync(silo, conversation, "t1", ["ocr"]);
            whole = Assert.Single(await conversation.ListTurns(0, 10, Cancellation));
            Assert.Equal("[OCR expert: STOP]", Assert.Single(whole.Experts!.Value).Line);
        }

        // As a checkpoint behind the experts and before the first token leaves it.
        await ExecuteAsync(
            """
            UPDATE turns SET state = 0, finish_reason = NULL, finished_at = NULL, completion_tokens = 0, answer_tokens = 0, answer_ids = NULL, answer_text_ends = NULL,
              answer = ''
            """);

        await using (var silo = await StartAsync(("Experts:Ocr:Program", "no-such-program")))
        {
            CallerContext.SetAdmin();
            var conversation = silo.Conversation("acme", "died");
            var updates = await conversation.ReadTurn("t1", 0, null, Cancellation).ToListAsync(Cancellation);
            var resumed = Assert.IsType<TurnFinished>(updates[^1]).Turn;
            Assert.Equal(whole.Experts!.Value, resumed.Experts!.Value);
            Assert.Equal((whole.Answer, whole.PromptTokens), (resumed.Answer, resumed.PromptTokens));

            // A turn that begins now asks anew, and says that nobody is there.
            var next = await RunAsync(silo, conversation, "t2", ["ocr"]);
            Assert.Equal(ExpertOutcome.Missing, Assert.Single(next.Experts!.Value).Outcome);
            var again = await RunAsync(silo, conversation, "t1", ["ocr"]);
            Assert.Equal(whole.Experts!.Value, again.Experts!.Value);
        }
    }

    [Fact]
    public async Task Turns_with_experts_are_those_with_their_lines_given_as_input_also_where_older_ones_were_dropped()
    {
        Assert.SkipWhen(TesseractProgram.Missing is not null, TesseractProgram.Missing ?? "");
        await using var silo = await StartAsync(("Replica:MaxSequenceTokens", "320"));
        var asked = await BeginAsync(silo, "asked", ContextOverflow.DropOldest);
        var given = await BeginAsync(silo, "given", ContextOverflow.DropOldest);
        for (var i = 0; i < 5; i++)
        {
            var turn = await RunAsync(silo, asked, $"t{i}", ["ocr"]);
            var twin = await RunAsync(silo, given, $"t{i}", [], "[OCR expert: STOP]");
            Assert.Equal((twin.Answer, twin.PromptTokens, twin.HistoryFrom), (turn.Answer, turn.PromptTokens, turn.HistoryFrom));
        }

        Assert.NotEqual(0, (await asked.ListTurns(4, 1, Cancellation))[0].HistoryFrom);
    }

    [Fact]
    public async Task A_version_names_experts_that_survive_a_restart_and_a_request_goes_first()
    {
        await using (var silo = await StartAsync())
        {
            CallerContext.SetAdmin();
            await silo.CreateTenantAsync("acme");
            var version = (await silo.PublishAsync("acme", "eye", "BIAS.pth"))[^1].VersionDigest!;
            await silo.Adapter("acme", "eye").SetExperts(version, ["ocr", "weather"], Cancellation);
        }

        await using (var silo = await StartAsync(("Experts:Ocr:Program", "no-such-program")))
        {
            CallerContext.SetAdmin();
            var described = await silo.Adapter("acme", "eye").Describe(Cancellation);
            Assert.Equal(["ocr", "weather"], Assert.Single(described.Versions).Experts);
            var conversation = silo.Conversation("acme", "c");
            await conversation.Create(new CreateConversation { Model = "eye" }, Cancellation);

            var byVersion = await RunAsync(silo, conversation, "t1", null);
            var byRequest = await RunAsync(silo, conversation, "t2", ["weather"]);
            var none = await RunAsync(silo, conversation, "t3", []);

            Assert.Equal(["ocr", "weather"], byVersion.Experts!.Value.Select(report => report.Name));
            Assert.Equal(["weather"], byRequest.Experts!.Value.Select(report => report.Name));
            Assert.Null(none.Experts);
            await silo.Adapter("acme", "eye").SetExperts(described.Versions[0].Digest, [], Cancellation);
            Assert.Null((await RunAsync(silo, conversation, "t4", null)).Experts);
        }
    }

    private Task<TestSilo> StartAsync(params (string, string)[] settings) =>
        TestSilo.StartAsync(storage, Cancellation, [("Experts:Ocr:TimeLimit", "00:01:00"), .. settings]);

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync(sql);
    }

    // Not async: the caller's identity must be set in the test's own flow.
    private static Task<IConversationGrain> BeginAsync(TestSilo silo, string id, ContextOverflow overflow = ContextOverflow.Refuse)
    {
        CallerContext.SetAdmin();
        return CreateAsync(silo, id, overflow);
    }

    private static async Task<IConversationGrain> CreateAsync(TestSilo silo, string id, ContextOverflow overflow)
    {
        if ((await silo.Grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory).ListTenants(Cancellation)).IsEmpty)
        {
            await silo.CreateTenantAsync("acme");
        }

        var conversation = silo.Conversation("acme", id);
        await conversation.Create(new CreateConversation { Model = "base", Overflow = overflow }, Cancellation);
        return conversation;
    }

    private static async Task<Turn> RunAsync(TestSilo silo, IConversationGrain conversation, string id, string[]? experts, string? input = null)
    {
        var turn = ConversationTests.Turn(id, "What does the sign say?", 12) with
        {
            Input = input,
            Picture = experts is { Length: 0 } ? null : await silo.Blobs.PutAsync(BlobArea.Scratch, new MemoryStream(Stop), Stop.Length, Cancellation),
            Experts = experts is null ? null : [.. experts],
        };
        var updates = await conversation.RunTurn(turn, Cancellation).ToListAsync(Cancellation);
        return Assert.IsType<TurnFinished>(updates[^1]).Turn;
    }

    public sealed class OnSqlite() : ExpertTurnTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : ExpertTurnTests(new PostgresStorage(server));
}
