using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Silo.Conversations;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Conversations;

public abstract class ConversationTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private const int LongAnswer = 1500;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_turn_is_accepted_streamed_and_stored_as_it_was_streamed()
    {
        var conversation = await BeginAsync("turn-stored");

        var updates = await RunAsync(conversation, "t1", "Hello", 12);

        Assert.Equal(TurnState.Running, Assert.IsType<TurnAccepted>(updates[0]).Turn.State);
        var finished = Assert.IsType<TurnFinished>(updates[^1]).Turn;
        Assert.Equal(TurnState.Completed, finished.State);
        Assert.Equal(string.Concat(updates.OfType<TurnTokens>().Select(tokens => tokens.Text)), finished.Answer);
        Assert.Equal(finished.CompletionTokens, updates.OfType<TurnTokens>().Sum(tokens => tokens.Ids.Length));
        Assert.Equal([finished], await conversation.ListTurns(0, 10, Cancellation));
    }

    [Fact]
    public async Task A_known_turn_id_gives_the_same_answer_and_makes_no_turn()
    {
        var conversation = await BeginAsync("turn-known");
        var first = await RunAsync(conversation, "t1", "Hello", 12);

        var again = await RunAsync(conversation, "t1", "Hello", 12);

        Assert.Equal(Ids(first), Ids(again));
        Assert.Equal(first[^1], again[^1]);
        Assert.Equal(1, (await conversation.Describe(Cancellation)).Turns);
    }

    [Fact]
    public async Task A_known_turn_id_with_another_text_is_refused()
    {
        var conversation = await BeginAsync("turn-reused");
        await RunAsync(conversation, "t1", "Hello", 4);

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(conversation, "t1", "Goodbye", 4));

        Assert.Equal(HerdErrorCode.AlreadyExists, refused.Code);
    }

    [Fact]
    public async Task A_later_turn_starts_from_the_ids_of_all_earlier_ones()
    {
        var conversation = await BeginAsync("turn-history");
        var first = Assert.IsType<TurnFinished>((await RunAsync(conversation, "t1", "Hello", 8))[^1]).Turn;
        var history = (await conversation.Describe(Cancellation)).HistoryTokens;

        var second = Assert.IsType<TurnFinished>((await RunAsync(conversation, "t2", "And then?", 8))[^1]).Turn;

        Assert.Equal(first.PromptTokens + first.CompletionTokens, history);
        Assert.True(second.PromptTokens > history);
        Assert.Equal(second.PromptTokens + second.CompletionTokens, (await conversation.Describe(Cancellation)).HistoryTokens);
    }

    [Fact]
    public async Task An_answer_is_read_from_any_token_on()
    {
        var conversation = await BeginAsync("turn-offset");
        var whole = await RunAsync(conversation, "t1", "Hello", 10);
        var text = string.Concat(whole.OfType<TurnTokens>().Select(tokens => tokens.Text));

        for (var from = 0; from <= Ids(whole).Length; from++)
        {
            var rest = await conversation.ReadTurn("t1", from, null, Cancellation).ToListAsync(Cancellation);
            Assert.Equal(Ids(whole)[from..], Ids(rest));
            Assert.EndsWith(string.Concat(rest.OfType<TurnTokens>().Select(tokens => tokens.Text)), text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_turn_runs_on_when_its_reader_leaves_and_another_joins_it()
    {
        var conversation = await BeginAsync("turn-detached");
        var seen = 0;
        await foreach (var update in conversation.RunTurn(Turn("t1", "Hello", 200), Cancellation))
        {
            if (update is TurnTokens tokens)
            {
                seen = tokens.FirstIndex + tokens.Ids.Length;
                break;
            }
        }

        var rest = await conversation.ReadTurn("t1", seen, null, Cancellation).ToListAsync(Cancellation);

        var finished = Assert.IsType<TurnFinished>(rest[^1]).Turn;
        Assert.Equal(TurnState.Completed, finished.State);
        Assert.Equal(finished.CompletionTokens - seen, Ids(rest).Length);
    }

    [Fact]
    public async Task A_cancelled_turn_keeps_its_answer_so_far_and_the_conversation_goes_on()
    {
        var conversation = await BeginAsync("turn-cancelled");
        var updates = conversation.RunTurn(Turn("t1", "Hello", LongAnswer), Cancellation).GetAsyncEnumerator(Cancellation);
        while (await updates.MoveNextAsync() && updates.Current is not TurnTokens)
        {
        }

        await conversation.CancelTurn("t1", Cancellation);

        await updates.DisposeAsync();
        var cancelled = Assert.Single(await conversation.ListTurns(0, 10, Cancellation));
        Assert.Equal((TurnState.Cancelled, FinishReason.Cancelled), (cancelled.State, cancelled.FinishReason));
        Assert.InRange(cancelled.CompletionTokens, 1, LongAnswer - 1);
        var next = Assert.IsType<TurnFinished>((await RunAsync(conversation, "t2", "Go on", 4))[^1]).Turn;
        Assert.True(next.PromptTokens > cancelled.PromptTokens + cancelled.CompletionTokens);
    }

    [Fact]
    public async Task A_second_turn_while_one_runs_is_refused()
    {
        var conversation = await BeginAsync("turn-busy");
        await using var updates = conversation.RunTurn(Turn("t1", "Hello", LongAnswer), Cancellation).GetAsyncEnumerator(Cancellation);
        await updates.MoveNextAsync();

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(conversation, "t2", "Me too", 4));

        Assert.Equal(HerdErrorCode.Conflict, refused.Code);
        await conversation.CancelTurn("t1", Cancellation);
    }

    [Fact]
    public async Task A_turn_that_no_replica_takes_leaves_no_trace()
    {
        var conversation = await BeginAsync("turn-refused");

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(conversation, "t1", "Hello", 100_000));

        Assert.Equal(HerdErrorCode.ContextLengthExceeded, refused.Code);
        Assert.Empty(await conversation.ListTurns(0, 10, Cancellation));
        Assert.IsType<TurnFinished>((await RunAsync(conversation, "t1", "Hello", 4))[^1]);
    }

    [Fact]
    public async Task A_picture_stays_in_force_until_another_is_sent_and_goes_with_the_conversation()
    {
        await Silo.CreateTenantAsync("turn-picture");
        CallerContext.SetTenant("turn-picture");
        await Silo.PublishAsync("turn-picture", "story", "BIAS.pth");
        var conversation = Silo.Conversation("turn-picture", "c1");
        await conversation.Create(new CreateConversation { Model = "story" }, Cancellation);
        var first = await Silo.UploadAsync("images", "rgb_320x240.png");
        var second = await Silo.UploadAsync("images", "gray_80x50.png");

        await RunAsync(conversation, "t1", "What is this?", 4, first);
        await RunAsync(conversation, "t2", "Tell me more.", 4);
        await RunAsync(conversation, "t3", "And this?", 4, second);

        var turns = await conversation.ListTurns(0, 10, Cancellation);
        Assert.Equal([first.Digest, first.Digest, second.Digest], turns.Select(turn => turn.PictureDigest));
        await RunAsync(conversation, "t1", "What is this?", 4, first);
        var other = await Assert.ThrowsAsync<HerdException>(() => RunAsync(conversation, "t1", "What is this?", 4, second));
        Assert.Equal(HerdErrorCode.AlreadyExists, other.Code);
        var kept = first with { Area = Contracts.Blobs.BlobArea.Pictures, Copy = null };
        Assert.NotNull(await Silo.Blobs.GetPathAsync(kept, Cancellation));
        await conversation.Delete(Cancellation);
        Assert.Null(await Silo.Blobs.GetPathAsync(kept, Cancellation));
        Assert.Equal(HerdErrorCode.NotFound, (await Assert.ThrowsAsync<HerdException>(() => conversation.Describe(Cancellation))).Code);
    }

    [Fact]
    public async Task Each_turn_uses_the_version_its_alias_names_when_it_begins()
    {
        await Silo.CreateTenantAsync("turn-version");
        CallerContext.SetTenant("turn-version");
        var old = await Silo.PublishAsync("turn-version", "story", "BIAS.pth");
        var conversation = Silo.Conversation("turn-version", "c1");
        await conversation.Create(new CreateConversation { Model = "story@latest" }, Cancellation);
        await RunAsync(conversation, "t1", "Hello", 4);
        var live = await Silo.PublishAsync("turn-version", "story", "CAPTION.pth");

        await RunAsync(conversation, "t2", "Hello again", 4);

        var turns = await conversation.ListTurns(0, 10, Cancellation);
        Assert.Equal([old[^1].VersionDigest, live[^1].VersionDigest], turns.Select(turn => turn.VersionDigest));
    }

    [Fact]
    public async Task A_running_turn_holds_one_of_the_tenants_places_and_gives_it_back()
    {
        await Silo.CreateTenantAsync("turn-place", new TenantLimits { ConcurrentSequences = 1 });
        CallerContext.SetTenant("turn-place");
        var one = Silo.Conversation("turn-place", "one");
        var two = Silo.Conversation("turn-place", "two");
        await one.Create(new CreateConversation { Model = "base" }, Cancellation);
        await two.Create(new CreateConversation { Model = "base" }, Cancellation);
        await using var updates = one.RunTurn(Turn("t1", "Hello", LongAnswer), Cancellation).GetAsyncEnumerator(Cancellation);
        await updates.MoveNextAsync();

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(two, "t1", "Hello", 4));
        await one.CancelTurn("t1", Cancellation);
        await Task.Delay(refused.RetryAfter!.Value, Cancellation); // The place is promised for then.
        await RunAsync(two, "t1", "Hello", 4);

        Assert.Equal(HerdErrorCode.LimitExceeded, refused.Code);
    }

    [Fact]
    public async Task Conversations_are_listed_newest_first_with_what_they_hold()
    {
        await Silo.CreateTenantAsync("turn-list");
        CallerContext.SetTenant("turn-list");
        foreach (var id in new[] { "a", "b", "c" })
        {
            await Silo.Conversation("turn-list", id).Create(new CreateConversation { Model = "base", System = id }, Cancellation);
        }

        await RunAsync(Silo.Conversation("turn-list", "b"), "t1", "Hello", 4);

        var listed = await Silo.Tenant("turn-list").ListConversations(null, 100, Cancellation);
        Assert.Equal(listed.OrderByDescending(conversation => conversation.CreatedAt).Select(conversation => conversation.Id), listed.Select(conversation => conversation.Id));
        foreach (var conversation in listed)
        {
            Assert.Equal(await Silo.Conversation("turn-list", conversation.Id).Describe(Cancellation), conversation);
        }
    }

    [Fact]
    public async Task Conversations_of_one_millisecond_are_each_listed_once_page_by_page()
    {
        await Silo.CreateTenantAsync("turn-pages");
        CallerContext.SetTenant("turn-pages");
        var repository = Silo.Services.GetRequiredService<ConversationRepository>();
        string[] ids = ["d", "a", "g", "c", "f", "b", "e"];
        foreach (var (i, id) in ids.Index())
        {
            var conversation = new StoredConversation
            {
                Tenant = "turn-pages", Id = id, Model = "base", Epoch = 1, CreatedAt = DateTimeOffset.UnixEpoch + TimeSpan.FromMilliseconds(i < 5 ? 7 : 8),
            };
            await repository.AddAsync(conversation, Cancellation);
        }

        var listed = new List<ConversationDescription>();
        var page = await Silo.Tenant("turn-pages").ListConversations(null, 2, Cancellation);
        while (!page.IsEmpty)
        {
            listed.AddRange(page);
            page = await Silo.Tenant("turn-pages").ListConversations(new ConversationCursor(page[^1].CreatedAt, page[^1].Id), 2, Cancellation);
        }

        Assert.Equal(["e", "b", "g", "f", "d", "c", "a"], listed.Select(conversation => conversation.Id));
        Assert.Equal(5, (await Silo.Tenant("turn-pages").ListConversations(new ConversationCursor(listed[0].CreatedAt, ""), 10, Cancellation)).Length);
    }

    internal static TurnRequest Turn(string id, string text, int maxTokens) => new()
    {
        TurnId = id,
        Text = text,
        Sampling = new SamplingParameters { MaxTokens = maxTokens },
    };

    internal static int[] Ids(IEnumerable<TurnUpdate> updates) => [.. updates.OfType<TurnTokens>().SelectMany(tokens => tokens.Ids)];

    private static async Task<IReadOnlyList<TurnUpdate>> RunAsync(
        IConversationGrain conversation, string id, string text, int maxTokens, Contracts.Blobs.BlobRef? picture = null) =>
        await conversation.RunTurn(Turn(id, text, maxTokens) with { Picture = picture }, Cancellation).ToListAsync(Cancellation);

    // Not async: the caller's identity must be set in the test's own flow.
    private Task<IConversationGrain> BeginAsync(string tenant)
    {
        CallerContext.SetTenant(tenant);
        return CreateAsync(tenant);
    }

    private async Task<IConversationGrain> CreateAsync(string tenant)
    {
        await Silo.CreateTenantAsync(tenant);
        var conversation = Silo.Conversation(tenant, "c1");
        await conversation.Create(new CreateConversation { Model = "base" }, Cancellation);
        return conversation;
    }

    public sealed class OnSqlite(SharedSilo shared) : ConversationTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : ConversationTests(server.Silo);
}
