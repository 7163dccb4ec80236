using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Tenants;

public sealed class UsageTests(SharedSilo shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => shared.Silo;

    [Fact]
    public async Task An_answer_is_counted_as_it_was_streamed_by_the_time_its_end_is_told()
    {
        await Silo.CreateTenantAsync("usage-exact");
        CallerContext.SetTenant("usage-exact", "key-1");
        await using var meter = await AdmitAsync("usage-exact", "r1", answers: 150);
        var ids = 0;
        GenerationStarted? started = null;

        await foreach (var update in GenerateAsync("usage-exact", "r1", 150))
        {
            await meter.CountAsync(0, update, Cancellation);
            started = update as GenerationStarted ?? started;
            ids += (update as TokensGenerated)?.Ids.Length ?? 0;
        }

        Assert.Equal(150, ids);
        var row = Assert.Single(await UsageAsync("usage-exact"));
        Assert.Equal(("key-1", 1, started!.PromptTokens, ids), (row.KeyId, row.Requests, row.PromptTokens, row.GeneratedTokens));
    }

    [Fact]
    public async Task Nothing_is_passed_on_that_is_not_on_the_account()
    {
        await Silo.CreateTenantAsync("usage-ahead");
        CallerContext.SetTenant("usage-ahead");
        await using var meter = await AdmitAsync("usage-ahead", "r1", answers: 400);
        var ids = 0;

        await foreach (var update in GenerateAsync("usage-ahead", "r1", 400))
        {
            await meter.CountAsync(0, update, Cancellation);
            ids += (update as TokensGenerated)?.Ids.Length ?? 0;

            // What a crash at this moment would leave.
            var counted = Assert.Single(await UsageAsync("usage-ahead")).GeneratedTokens;
            Assert.InRange(counted, ids, ids + (2 * UsageMeter.Block));
        }

        Assert.Equal(400, ids);
    }

    [Fact]
    public async Task An_answer_that_its_reader_leaves_is_counted_as_far_as_it_was_read()
    {
        await Silo.CreateTenantAsync("usage-left");
        CallerContext.SetTenant("usage-left");
        var ids = 0;
        await using (var meter = await AdmitAsync("usage-left", "r1", answers: 400))
        {
            await foreach (var update in GenerateAsync("usage-left", "r1", 400))
            {
                await meter.CountAsync(0, update, Cancellation);
                ids += (update as TokensGenerated)?.Ids.Length ?? 0;
                if (ids > 20)
                {
                    break;
                }
            }
        }

        Assert.Equal(ids, Assert.Single(await UsageAsync("usage-left")).GeneratedTokens);
    }

    [Fact]
    public async Task A_request_that_no_replica_took_is_not_counted()
    {
        await Silo.CreateTenantAsync("usage-refused");
        CallerContext.SetTenant("usage-refused");
        await (await AdmitAsync("usage-refused", "r1", answers: 10)).DisposeAsync();

        Assert.Empty(await UsageAsync("usage-refused"));
    }

    [Fact]
    public async Task Settling_twice_counts_once()
    {
        await Silo.CreateTenantAsync("usage-twice");
        CallerContext.SetTenant("usage-twice");
        var tenant = Silo.Tenant("usage-twice");
        await tenant.Admit(new AdmissionRequest { RequestId = "usage-twice-r", AnswerTokens = 10 }, Cancellation);
        var used = new UsageMark { RequestId = "usage-twice-r", Started = true, PromptTokens = 3, CachedTokens = 1, GeneratedTokens = 7 };

        await tenant.Settle(used);
        await tenant.Settle(used);

        var row = Assert.Single(await UsageAsync("usage-twice"));
        Assert.Equal((1, 3, 1, 7), (row.Requests, row.PromptTokens, row.CachedTokens, row.GeneratedTokens));
    }

    [Fact]
    public async Task The_administrator_reads_everybodys_usage_and_periods_add_up()
    {
        await Silo.CreateTenantAsync("usage-all-one");
        await Silo.CreateTenantAsync("usage-all-two");
        foreach (var tenant in (string[])["usage-all-one", "usage-all-two"])
        {
            foreach (var key in (string[])["a", "a", "b"])
            {
                CallerContext.SetTenant(tenant, key);
                await UseAsync(tenant, generated: 5);
            }
        }

        CallerContext.SetAdmin();
        var all = await Silo.Grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory).GetUsage(null, Query(UsagePeriod.Day), Cancellation);

        var mine = all.Where(row => row.Tenant.StartsWith("usage-all", StringComparison.Ordinal)).Select(row => (row.Tenant, row.KeyId, row.Requests, row.GeneratedTokens));
        Assert.Equal([("usage-all-one", "a", 2, 10), ("usage-all-one", "b", 1, 5), ("usage-all-two", "a", 2, 10), ("usage-all-two", "b", 1, 5)], mine.Order());
    }

    [Fact]
    public async Task Limits_are_in_force_as_soon_as_they_are_changed()
    {
        await Silo.CreateTenantAsync("usage-limits");
        CallerContext.SetTenant("usage-limits");
        await UseAsync("usage-limits", generated: 1);
        await ChangeAsync("usage-limits", new TenantLimits { RequestsPerMinute = 1, Weight = 7 });

        CallerContext.SetTenant("usage-limits");
        await using var first = await AdmitAsync("usage-limits", "limits-1", 1);
        var refused = await Assert.ThrowsAsync<HerdException>(() => AdmitAsync("usage-limits", "limits-2", 1));

        Assert.Equal(7, first.Weight);
        Assert.Equal((HerdErrorCode.LimitExceeded, LimitNames.RequestsPerMinute), (refused.Code, refused.Limit));
        Assert.InRange(refused.RetryAfter!.Value.TotalSeconds, 30, 60);

        await ChangeAsync("usage-limits", new TenantLimits());
        CallerContext.SetTenant("usage-limits");
        await (await AdmitAsync("usage-limits", "limits-3", 1)).DisposeAsync();
    }

    [Fact]
    public async Task Limits_out_of_range_and_pictures_too_many_are_refused()
    {
        await Silo.CreateTenantAsync("usage-range", new TenantLimits { PicturesPerRequest = 1 });
        foreach (var wrong in (TenantLimits[])
            [new() { RequestsPerMinute = 0 }, new() { TokensPerMinute = -1 }, new() { Weight = 0 }, new() { Weight = 1001 }, new() { ConcurrentSequences = 0 }])
        {
            Assert.Equal(HerdErrorCode.InvalidArgument, (await Assert.ThrowsAsync<HerdException>(() => ChangeAsync("usage-range", wrong))).Code);
        }

        CallerContext.SetTenant("usage-range");
        var refused = await Assert.ThrowsAsync<HerdException>(
            () => Silo.Tenant("usage-range").Admit(new AdmissionRequest { RequestId = "pictures", Pictures = 2 }, Cancellation));

        Assert.Equal((HerdErrorCode.QuotaExceeded, LimitNames.PicturesPerRequest, null), (refused.Code, refused.Limit, refused.RetryAfter));
    }

    private async Task UseAsync(string tenant, long generated)
    {
        var id = Guid.NewGuid().ToString("N");
        await Silo.Tenant(tenant).Admit(new AdmissionRequest { RequestId = id, AnswerTokens = generated }, Cancellation);
        await Silo.Tenant(tenant).Settle(new UsageMark { RequestId = id, Started = true, PromptTokens = 1, GeneratedTokens = generated });
    }

    private async Task ChangeAsync(string tenant, TenantLimits limits)
    {
        CallerContext.SetAdmin();
        await Silo.Grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory).UpdateLimits(tenant, limits, Cancellation);
    }

    private Task<UsageMeter> AdmitAsync(string tenant, string id, long answers, string? asks = null)
    {
        var request = new AdmissionRequest { RequestId = $"{tenant}-{id}", PromptTokens = 20, AnswerTokens = answers, Fingerprint = asks ?? id };
        return UsageMeter.AdmitAsync(Silo.Tenant(tenant), request, 1, TimeProvider.System, NullLogger.Instance, Cancellation);
    }

    private IAsyncEnumerable<GenerationUpdate> GenerateAsync(string tenant, string id, int tokens) => Silo.Services.GetRequiredService<ReplicaRouter>().Generate(
        new GenerateRequest
        {
            RequestId = $"{tenant}-{id}",
            Tenant = tenant,
            Prompt = new TextPrompt("Once upon a time"),
            Sampling = new SamplingParameters { MaxTokens = tokens, IgnoreEnd = true },
        },
        Cancellation);

    private Task<System.Collections.Immutable.ImmutableArray<UsageRow>> UsageAsync(string tenant) =>
        Silo.Tenant(tenant).GetUsage(Query(UsagePeriod.Hour), Cancellation);

    private static UsageQuery Query(UsagePeriod period) =>
        new(DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddHours(1), period, 1000);
}
