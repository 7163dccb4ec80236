using System.Diagnostics;
using System.Text.Json;
using Herd.Demo.Evaluation;
using Herd.Demo.Files;
using Herd.Demo.Tasks;
using Herd.Gateway.Tests.EndToEnd;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Training;
using Xunit;

namespace Herd.Gateway.Tests.RealInput;

/// <summary>A new tenant teaches the bundled model a form of answers and speaks with it at once.</summary>
public sealed class CapitalsJobTests : IDisposable
{
    private const int Rows = 200;
    private const long OtherSeed = 99;

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_Of200ExamplesInCapitalLetters_AnswersInCapitalLetters()
    {
        await using var process = GatewayProcess.Start(_folder.In("data"));
        await process.WaitUntilReadyAsync(Cancellation);
        var tenant = await TestTenant.CreateAsync(process, "newcomer");
        var (jobs, watch) = (new TrainingClient(tenant.Channel, tenant.Metadata), Stopwatch.StartNew());
        var settings = new TrainingSettings { Adapter = "shout", Preset = "tuning", Steps = 200, Rate = 4e-3, Alias = "latest", MinimumAccuracy = 0.5 };

        var job = await jobs.EndedAsync(await jobs.CreateAsync(settings, await ArchiveAsync()));
        TestContext.Current.TestOutputHelper?.WriteLine($"{job.Steps} steps, held-out accuracy {job.Accuracy}, live after {watch.Elapsed.TotalSeconds:F0} s.");

        Assert.True(job.State == TrainingJobState.Succeeded, job.ToString());
        var cases = TestSets.Instructions(OtherSeed, perKind: 2, AnswerStyle.Capitals);
        var asker = new HttpAsker(tenant.Http, "shout");
        var answers = await Task.WhenAll(cases.Select(test => asker.AskAsync(test.Ask(null), Cancellation)));
        Assert.InRange(answers.Count(answer => !answer.Any(char.IsLower)), cases.Count * 4 / 5, cases.Count);
        Assert.InRange(cases.Zip(answers).Count(pair => pair.First.IsRight(pair.Second)), cases.Count / 2, cases.Count);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<byte[]> ArchiveAsync()
    {
        var world = _folder.In("world");
        await new WorldFiles(world, new WorldFileOptions { Rows = Rows, Pictures = 1, Tests = 2 }).WriteAsync(Cancellation);
        var rows = JsonSerializer.Deserialize<JobRow[]>(await File.ReadAllTextAsync(Path.Combine(world, "instructions-capitals.json"), Cancellation), JsonSerializerOptions.Web)!;
        var heldOut = TestSets.Instructions(OtherSeed + 1, perKind: 2, AnswerStyle.Capitals);
        return JobArchive.Of(rows, heldOut.Select(test => new JobRow(test.Question.Instruction, test.Question.Input, test.Expected)));
    }
}
