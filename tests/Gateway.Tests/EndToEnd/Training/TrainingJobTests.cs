using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Training;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.Training;

/// <summary>Training jobs through a real gateway, each in a process of its own, on the golden base.</summary>
public sealed class TrainingJobTests(SharedGateway shared) : IAsyncLifetime
{
    private const long Endless = 100_000;

    private readonly TestFolder _files = new();
    private TestTenant _tenant = null!;
    private TrainingClient _jobs = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _tenant = await shared.NewTenantAsync(new TenantLimits { ConcurrentSequences = 8, Adapters = 10, TrainingJobs = 4 });
        _jobs = new TrainingClient(_tenant.Channel, _tenant.Metadata);
    }

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Job_TrainsPublishesChecksAndMovesTheAlias()
    {
        var job = await _jobs.EndedAsync(await _jobs.CreateAsync(TrainingClient.Settings(60, minimumAccuracy: 0), JobArchive.Plain(heldOut: "yes")));

        Assert.True(job.State == TrainingJobState.Succeeded, job.ToString());
        Assert.Equal((60, 60, true, true), (job.StepsDone, job.Steps, job.HasLoss, job.HasAccuracy));
        var adapter = await new AdapterService.AdapterServiceClient(_tenant.Channel).GetAdapterAsync(new GetAdapterRequest { Name = "yes" }, _tenant.Metadata, cancellationToken: Cancellation);
        Assert.Equal(job.Version, adapter.Aliases["latest"]);
        Assert.NotEqual("", await _tenant.CompleteAsync("yes", "Say 7.", 4));
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(_tenant.Process.Data, "training", _tenant.Name, job.Id)), Cancellation);
    }

    [Fact]
    public async Task Job_WhoseVersionAnswersOtherwise_KeepsTheVersionAndLeavesTheAlias()
    {
        var job = await _jobs.EndedAsync(await _jobs.CreateAsync(TrainingClient.Settings(2, minimumAccuracy: 1), JobArchive.Plain(heldOut: "an answer that nobody gives")));

        Assert.Equal((TrainingJobState.Failed, 0), (job.State, job.Accuracy));
        Assert.Contains("0 of 4", job.Message, StringComparison.Ordinal);
        var adapter = await new AdapterService.AdapterServiceClient(_tenant.Channel).GetAdapterAsync(new GetAdapterRequest { Name = "yes" }, _tenant.Metadata, cancellationToken: Cancellation);
        Assert.Empty(adapter.Aliases);
        Assert.Equal(job.Version, Assert.Single(adapter.Versions).Digest);
    }

    [Fact]
    public async Task Job_Cancelled_EndsWithItsProcess()
    {
        var job = await _jobs.CreateAsync(TrainingClient.Settings(Endless), JobArchive.Plain());
        await _jobs.WaitForStepsAsync(job, 1);
        Assert.NotEmpty(ProcessesOf(job));

        await _jobs.CancelAsync(job);
        var ended = await _jobs.EndedAsync(job);

        Assert.Equal(TrainingJobState.Cancelled, ended.State);
        Assert.Empty(ProcessesOf(job));
    }

    [Fact]
    public async Task Job_WhoseDataOrRunFails_SaysWhy()
    {
        var noArchive = await _jobs.EndedAsync(await _jobs.CreateAsync(TrainingClient.Settings(2), "no archive at all"u8.ToArray()));
        var badRows = await _jobs.EndedAsync(await _jobs.CreateAsync(TrainingClient.Settings(2), JobArchive.Bad()));
        var diverging = TrainingClient.Settings(50);
        diverging.Rate = 1e30;
        var diverged = await _jobs.EndedAsync(await _jobs.CreateAsync(diverging, JobArchive.Plain()));

        Assert.All(new[] { noArchive, badRows, diverged }, job => Assert.Equal(TrainingJobState.Failed, job.State));
        Assert.Contains("The archive", noArchive.Message, StringComparison.Ordinal);
        Assert.Contains("data.jsonl", badRows.Message, StringComparison.Ordinal);
        Assert.Contains("expected finite numbers", diverged.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_tenant.Process.Data, badRows.Message + diverged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_CreatesWatchesListsAndCancels()
    {
        var archive = _files.Write("archive.zip", JobArchive.Plain());

        var created = await RunAsync("create", archive, "--adapter", "yes", "--preset", "tuning", "--steps", "4");
        var watched = await RunAsync("watch", created.Output.Trim());
        var listed = await RunAsync("list");
        var refused = await RunAsync("create", archive, "--adapter", "yes", "--preset", "full");
        var unknown = await RunAsync("cancel", "nothing");

        Assert.Equal((0, ""), (created.Code, created.Errors));
        Assert.Equal((0, ""), (watched.Code, watched.Errors));
        Assert.Contains("\tsucceeded\t4/4\t", watched.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.Contains(created.Output.Trim() + "\tyes\tsucceeded\t", listed.Output, StringComparison.Ordinal);
        Assert.Equal(1, refused.Code);
        Assert.Contains("'preset' must be one of", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(1, unknown.Code);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var program = HerdPrograms.Named("herd", ["job", .. arguments, "--gateway", _tenant.Process.Http.ToString()]);
        program.Environment["HERD_KEY"] = _tenant.Key;
        return ProgramRun.ToEndAsync(program, Cancellation);
    }

    private static List<string> ProcessesOf(string job) =>
    [
        .. Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(folder =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(folder, "cmdline"));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }).Where(line => line.Contains(job, StringComparison.Ordinal)),
    ];
}
