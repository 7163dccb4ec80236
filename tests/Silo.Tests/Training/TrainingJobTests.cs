using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Contracts.Training;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Silo.Training;
using Herd.Testing.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Training;

/// <summary>Training jobs as rows: who may have how many, who works at which, and whose they are. The silo itself works at none.</summary>
public abstract class TrainingJobTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RunOut = TimeSpan.FromSeconds(-1);
    private static readonly TrainingJobSettings Settings = new() { Adapter = "yes", Preset = "tuning", Steps = 10, Alias = "latest", MinimumAccuracy = 0.5 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private JobRepository Jobs => Silo.Services.GetRequiredService<JobRepository>();

    [Fact]
    public async Task Create_TwiceWithOneId_IsOneJobThatWaits()
    {
        var job = await NewTenantAsync("train-create");
        var request = await RequestAsync();

        var first = await job("a").Create(request, Cancellation);
        var second = await job("a").Create(request, Cancellation);

        Assert.Equal((TrainingJobState.Queued, Settings), (first.State, first.Settings));
        Assert.Equal(first, second);
        Assert.Equal(["a"], (await Silo.Tenant("train-create").ListTrainingJobs(null, 10, Cancellation)).Select(listed => listed.Id));
        await job("a").Cancel(Cancellation);
    }

    [Fact]
    public async Task Create_BeyondTheTenantsLimit_IsRefusedUntilOneHasEnded()
    {
        var job = await NewTenantAsync("train-quota", new TenantLimits { TrainingJobs = 1 });
        await job("a").Create(await RequestAsync(), Cancellation);

        var refused = await Assert.ThrowsAsync<HerdException>(async () => await job("b").Create(await RequestAsync(), Cancellation));

        Assert.Equal((HerdErrorCode.QuotaExceeded, LimitNames.TrainingJobs), (refused.Code, refused.Limit));
        await job("a").Cancel(Cancellation);
        await job("b").Create(await RequestAsync(), Cancellation);
        await job("b").Cancel(Cancellation);
    }

    [Fact]
    public async Task Describe_JobOfAnotherTenant_IsNotThere()
    {
        var job = await NewTenantAsync("train-mine");
        var mine = job("a");
        await mine.Create(await RequestAsync(), Cancellation);
        var other = await NewTenantAsync("train-other");

        Assert.Equal(HerdErrorCode.NotFound, (await Assert.ThrowsAsync<HerdException>(() => other("a").Describe(Cancellation))).Code);
        CallerContext.SetTenant("train-other");
        Assert.Equal(HerdErrorCode.PermissionDenied, (await Assert.ThrowsAsync<HerdException>(() => mine.Describe(Cancellation))).Code);
        Assert.Empty(await Silo.Tenant("train-other").ListTrainingJobs(null, 10, Cancellation));
        CallerContext.SetTenant("train-mine");
        await job("a").Cancel(Cancellation);
    }

    [Fact]
    public async Task Claim_HolderThatIsNotHeardOf_LosesTheJobToTheNext()
    {
        var job = await NewTenantAsync("train-claim");
        await job("a").Create(await RequestAsync(), Cancellation);

        var first = await ClaimAsync("first", RunOut);
        var second = await ClaimAsync("second", Long);

        Assert.Equal(("a", "a", 1, 2), (first.Id, second.Id, first.Claims, second.Claims));
        Assert.Null(await Jobs.ClaimAsync("third", Long, Cancellation));
        Assert.Equal(ClaimState.Lost, await Jobs.RenewAsync(first, first.Progress, Long, Cancellation));
        Assert.False(await Jobs.EndAsync(first, first.Progress with { State = TrainingJobState.Succeeded }, null, Cancellation));
        var progress = second.Progress with { StepsDone = 3, Steps = 10, Loss = 1.5 };
        Assert.Equal(ClaimState.Held, await Jobs.RenewAsync(second, progress, Long, Cancellation));
        var now = await job("a").Describe(Cancellation);
        Assert.Equal((TrainingJobState.Running, 3, 10, 1.5), (now.State, now.StepsDone, now.Steps, now.Loss));
        Assert.True(await Jobs.EndAsync(second, progress with { State = TrainingJobState.Failed }, "why\0not", Cancellation));
        var ended = await job("a").Describe(Cancellation);
        Assert.Equal((TrainingJobState.Failed, "why\0not", true), (ended.State, ended.Message, ended.EndedAt is not null));
    }

    [Fact]
    public async Task Claim_TenantWithAJobAtWork_ComesAfterOneWithout()
    {
        var busy = await NewTenantAsync("train-busy", new TenantLimits { TrainingJobs = 2 });
        await busy("a").Create(await RequestAsync(), Cancellation);
        await busy("b").Create(await RequestAsync(), Cancellation);
        var first = await ClaimAsync("first", Long);
        var idle = await NewTenantAsync("train-idle");
        await idle("c").Create(await RequestAsync(), Cancellation);

        var next = await ClaimAsync("second", Long);
        var last = await ClaimAsync("third", Long);

        Assert.Equal(("train-idle", "train-busy"), (next.Tenant, last.Tenant));
        foreach (var claim in new[] { first, next, last })
        {
            Assert.True(await Jobs.EndAsync(claim, claim.Progress with { State = TrainingJobState.Succeeded }, null, Cancellation));
        }
    }

    [Fact]
    public async Task Cancel_JobThatWaits_EndsAtOnceAndLeavesNoData()
    {
        var job = await NewTenantAsync("train-cancel");
        var request = await RequestAsync();
        await job("a").Create(request, Cancellation);

        var cancelled = await job("a").Cancel(Cancellation);

        Assert.Equal(TrainingJobState.Cancelled, cancelled.State);
        Assert.Null(await Silo.Blobs.GetPathAsync(request.Archive, Cancellation));
        Assert.Equal([cancelled], await job("a").Watch(Cancellation).ToListAsync(Cancellation));
        Assert.Equal(cancelled, await job("a").Cancel(Cancellation));
    }

    [Fact]
    public async Task Cancel_JobThatIsHeld_IsToldToItsHolder()
    {
        var job = await NewTenantAsync("train-unwanted");
        await job("a").Create(await RequestAsync(), Cancellation);
        var claim = await ClaimAsync("holder", Long);

        await job("a").Cancel(Cancellation);

        Assert.Equal(TrainingJobState.Running, (await job("a").Describe(Cancellation)).State);
        Assert.Equal(ClaimState.Unwanted, await Jobs.RenewAsync(claim, claim.Progress, Long, Cancellation));
        Assert.True(await Jobs.EndAsync(claim, claim.Progress with { State = TrainingJobState.Cancelled }, null, Cancellation));
    }

    [Fact]
    public async Task Release_JobWaitsAgain()
    {
        var job = await NewTenantAsync("train-release");
        await job("a").Create(await RequestAsync(), Cancellation);
        var claim = await ClaimAsync("holder", Long);

        await Jobs.ReleaseAsync(claim, Cancellation);

        Assert.Equal(TrainingJobState.Queued, (await job("a").Describe(Cancellation)).State);
        Assert.Equal("a", (await ClaimAsync("next", RunOut)).Id);
        Assert.Equal(TrainingJobState.Cancelled, (await job("a").Cancel(Cancellation)).State);
    }

    [Fact]
    public async Task Create_SettingsOutOfRange_AreRefusedByName()
    {
        var job = await NewTenantAsync("train-range");
        var archive = (await RequestAsync()).Archive;
        (string Field, TrainingJobSettings Settings)[] wrong =
        [
            ("adapter", Settings with { Adapter = "Yes" }),
            ("adapter", Settings with { Adapter = "base" }),
            ("preset", Settings with { Preset = "full" }),
            ("layout", Settings with { Layout = "none" }),
            ("steps", Settings with { Steps = 0 }),
            ("steps", Settings with { Steps = long.MaxValue }),
            ("passes", Settings with { Passes = 1 }),
            ("passes", Settings with { Steps = null, Passes = double.NaN }),
            ("rate", Settings with { Rate = 0 }),
            ("batch", Settings with { Batch = 100_000 }),
            ("minimum_accuracy", Settings with { MinimumAccuracy = 1.1 }),
            ("minimum_accuracy", Settings with { MinimumAccuracy = null }),
            ("minimum_accuracy", Settings with { MovesUnchecked = true }),
            ("alias", Settings with { Alias = null }),
        ];

        foreach (var (field, settings) in wrong)
        {
            var refused = await Assert.ThrowsAsync<HerdException>(() => job("a").Create(new CreateTrainingJob(archive, settings), Cancellation));
            Assert.Equal((HerdErrorCode.InvalidArgument, field), (refused.Code, refused.Field));
        }

        CallerContext.SetTenant("train-range");
        Assert.Empty(await Silo.Tenant("train-range").ListTrainingJobs(null, 10, Cancellation));
    }

    private async Task<Func<string, ITrainingJobGrain>> NewTenantAsync(string tenant, TenantLimits? limits = null)
    {
        await Silo.CreateTenantAsync(tenant, limits);
        return id =>
        {
            CallerContext.SetTenant(tenant);
            return Silo.Grains.GetGrain<ITrainingJobGrain>(GrainKeys.TrainingJob(tenant, id));
        };
    }

    private async Task<CreateTrainingJob> RequestAsync()
    {
        var archive = JobArchive.Plain();
        using var content = new MemoryStream(archive);
        return new CreateTrainingJob(await Silo.Blobs.PutAsync(BlobArea.Archives, content, archive.Length, Cancellation), Settings);
    }

    private async Task<JobClaim> ClaimAsync(string holder, TimeSpan lease) =>
        await Jobs.ClaimAsync(holder, lease, Cancellation) ?? throw new InvalidOperationException("No job waits.");

    public sealed class OnSqlite(SharedSilo shared) : TrainingJobTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : TrainingJobTests(server.Silo);
}
