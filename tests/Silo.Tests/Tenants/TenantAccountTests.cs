using Dapper;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;
using Herd.Silo.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Tenants;

/// <summary>The account of a tenant over the deaths of those who keep it and of those who use it, on both databases.</summary>
public abstract class TenantAccountTests(TestStorage storage) : IAsyncLifetime
{
    private readonly ManualTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UsageRepository Usage => new(new Database(storage.Backend, NullLogger<Database>.Instance));

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        await new Migrator(storage.Backend).MigrateAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Requests_whose_process_died_are_counted_with_all_they_may_have_passed_on()
    {
        var account = await OpenAsync();
        await account.AdmitAsync(Request("r1"), "key", Cancellation);
        await account.MarkAsync(Mark("r1", prompt: 12, generated: 128), Cancellation);

        // Its keeper dies too; another opens the account and hears nothing of the request.
        var next = await OpenAsync();
        Assert.Equal((1, 12, 128), Sums(await ReadAsync()));
        _time.Advance(TenantAccount.Lifetime + TimeSpan.FromTicks(1));
        await next.SweepAsync();

        Assert.Equal((1, 12, 128), Sums(await ReadAsync()));
        Assert.Empty(await Usage.ListOpenAsync("acme", Cancellation));
    }

    [Fact]
    public async Task A_request_goes_on_over_the_death_of_its_accounts_keeper()
    {
        var account = await OpenAsync(new TenantLimits { ConcurrentSequences = 1 });
        await account.AdmitAsync(Request("r1"), "key", Cancellation);

        var next = await OpenAsync(new TenantLimits { ConcurrentSequences = 1 });
        next.Renew("r1");
        await Assert.ThrowsAsync<HerdException>(() => next.AdmitAsync(Request("r2"), "key", Cancellation));
        await next.MarkAsync(Mark("r1", prompt: 5, generated: 70), Cancellation);
        await next.SettleAsync(Mark("r1", prompt: 5, generated: 66));

        Assert.Equal((1, 5, 66), Sums(await ReadAsync()));
        await next.AdmitAsync(Request("r3"), "key", Cancellation);
    }

    [Fact]
    public async Task Whoever_was_taken_for_dead_can_pass_nothing_more_on()
    {
        var account = await OpenAsync();
        await account.AdmitAsync(Request("r1"), "key", Cancellation);
        _time.Advance(TenantAccount.Lifetime + TimeSpan.FromTicks(1));
        await account.SweepAsync();
        var before = Sums(await ReadAsync());

        var lost = await Assert.ThrowsAsync<HerdException>(() => account.MarkAsync(Mark("r1", prompt: 5, generated: 500), Cancellation));
        await account.SettleAsync(Mark("r1", prompt: 5, generated: 500));

        Assert.Equal(HerdErrorCode.Unavailable, lost.Code);
        Assert.Equal(before, Sums(await ReadAsync()));
    }

    [Fact]
    public async Task What_goes_on_elsewhere_is_counted_by_its_new_holder_alone_and_held_up_by_no_limit()
    {
        var account = await OpenAsync(new TenantLimits { ConcurrentSequences = 1, RequestsPerMinute = 1 });
        await account.AdmitAsync(Request("turn/1"), "key", Cancellation);
        await account.MarkAsync(Mark("turn/1", prompt: 12, generated: 128), Cancellation);

        var grant = await account.AdmitAsync(Request("turn/2") with { Continues = "turn/" }, "", Cancellation);
        await Assert.ThrowsAsync<HerdException>(() => account.MarkAsync(Mark("turn/1", prompt: 12, generated: 192), Cancellation));
        await account.SettleAsync(Mark("turn/1", prompt: 12, generated: 100));
        await account.MarkAsync(Mark("turn/2", prompt: 12, generated: 192), Cancellation);
        await account.SettleAsync(Mark("turn/2", prompt: 12, generated: 150));

        Assert.Equal(128, grant.ReservedTokens);
        Assert.Equal((1, 12, 150), Sums(await ReadAsync()));
        Assert.Equal("key", Assert.Single(await ReadAsync()).KeyId);
    }

    [Fact]
    public async Task A_turn_that_is_still_to_go_on_is_not_settled_as_dead_but_gives_its_place_back()
    {
        await InsertRunningTurnAsync();
        var account = await OpenAsync(new TenantLimits { ConcurrentSequences = 1 });
        await account.AdmitAsync(Request("turn/acme/c/0/5000/1"), "key", Cancellation);
        await account.MarkAsync(Mark("turn/acme/c/0/5000/1", prompt: 12, generated: 128), Cancellation);

        _time.Advance(TenantAccount.Lifetime + TimeSpan.FromTicks(1));
        await account.SweepAsync();
        await account.AdmitAsync(Request("other"), "key", Cancellation);
        await account.SettleAsync(new UsageMark { RequestId = "other" });

        Assert.Single(await Usage.ListOpenAsync("acme", Cancellation));
        await account.AdmitAsync(Request("turn/acme/c/0/5000/2") with { Continues = "turn/acme/c/0/5000/" }, "", Cancellation);
        await account.SettleAsync(Mark("turn/acme/c/0/5000/2", prompt: 12, generated: 130));
        Assert.Equal((1, 12, 130), Sums(await ReadAsync()));
    }

    [Fact]
    public async Task What_goes_on_elsewhere_and_ends_before_it_began_there_is_counted_with_what_it_was_before()
    {
        var account = await OpenAsync();
        await account.AdmitAsync(Request("turn/1"), "key", Cancellation);
        await account.MarkAsync(Mark("turn/1", prompt: 12, generated: 128), Cancellation);

        await account.AdmitAsync(Request("turn/2") with { Continues = "turn/" }, "", Cancellation);
        await account.SettleAsync(new UsageMark { RequestId = "turn/2" });

        Assert.Equal((1, 12, 128), Sums(await ReadAsync()));
    }

    [Fact]
    public async Task Usage_is_grouped_by_hour_and_by_day()
    {
        var account = await OpenAsync();
        foreach (var (id, after) in new[] { ("r1", 0), ("r2", 30), ("r3", 30), ("r4", 23 * 60) })
        {
            _time.Advance(TimeSpan.FromMinutes(after));
            await account.AdmitAsync(Request(id), "key", Cancellation);
            await account.SettleAsync(Mark(id, prompt: 1, generated: 10));
        }

        var hours = await ReadAsync(UsagePeriod.Hour);
        var days = await ReadAsync(UsagePeriod.Day);

        Assert.Equal([(0, 2), (1, 1), (24, 1)], hours.Select(row => ((int)(row.Start - DateTimeOffset.UnixEpoch).TotalHours, (int)row.Requests)));
        Assert.Equal([(0, 30), (1, 10)], days.Select(row => ((int)(row.Start - DateTimeOffset.UnixEpoch).TotalDays, (int)row.GeneratedTokens)));
    }

    private async Task InsertRunningTurnAsync()
    {
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) VALUES ('acme', 1, 1, 0);
            INSERT INTO conversations (tenant, id, model, epoch, created_at) VALUES ('acme', 'c', 'base', 1, 0);
            INSERT INTO turns (tenant, conversation, position, turn_id, state, text, sampling, created_at) VALUES ('acme', 'c', 0, 't1', 0, '', '{}', 5000);
            """);
    }

    [Fact]
    public async Task Usage_of_one_period_is_told_row_by_row_page_by_page()
    {
        var account = await OpenAsync();
        foreach (var (id, key) in new[] { ("r1", "c"), ("r2", "a"), ("r3", "b"), ("r4", "a") })
        {
            await account.AdmitAsync(Request(id), key, Cancellation);
            await account.SettleAsync(Mark(id, prompt: 1, generated: 10));
        }

        _time.Advance(TimeSpan.FromDays(1));
        await account.AdmitAsync(Request("r5"), "a", Cancellation);

        var told = new List<UsageRow>();
        UsageCursor? after = null;
        while (await ReadBehindAsync(after) is [var row])
        {
            told.Add(row);
            after = new UsageCursor(row.Start, row.Tenant, row.KeyId);
        }

        Assert.Equal(["a", "b", "c", "a"], told.Select(row => row.KeyId));
        Assert.Equal(await ReadAsync(), told);
    }

    private async Task<IReadOnlyList<UsageRow>> ReadBehindAsync(UsageCursor? after) => await Usage.ReadAsync(
        "acme",
        new UsageQuery(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(10), UsagePeriod.Day, 1) { After = after },
        Cancellation);

    private async Task<TenantAccount> OpenAsync(TenantLimits? limits = null)
    {
        var tenant = new TenantDescription("acme", limits ?? new TenantLimits(), _time.GetUtcNow());
        var account = new TenantAccount(tenant, Usage, _time, NullLogger.Instance);
        await account.LoadAsync(Cancellation);
        return account;
    }

    private async Task<IReadOnlyList<UsageRow>> ReadAsync(UsagePeriod period = UsagePeriod.Day) =>
        await Usage.ReadAsync("acme", new UsageQuery(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(10), period, 100), Cancellation);

    private static (long Requests, long PromptTokens, long GeneratedTokens) Sums(IReadOnlyList<UsageRow> rows) =>
        (rows.Sum(row => row.Requests), rows.Sum(row => row.PromptTokens), rows.Sum(row => row.GeneratedTokens));

    private static AdmissionRequest Request(string id) => new() { RequestId = id, PromptTokens = 10, AnswerTokens = 1000, Fingerprint = id };

    private static UsageMark Mark(string id, long prompt, long generated) =>
        new() { RequestId = id, Started = true, PromptTokens = prompt, GeneratedTokens = generated };

    public sealed class OnSqlite() : TenantAccountTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : TenantAccountTests(new PostgresStorage(server));
}
