using System.Text.Json;
using Herd.Engine.Training.Runs;
using Herd.Testing;
using Xunit;

namespace Herd.Cli.Tests.Training;

/// <summary><c>herd train</c> as a user runs it: a process of its own on the golden base.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private const int Steps = 60;

    private static readonly string NoColours = "dumb";

    private readonly TestFolder _folder = new();
    private readonly string _data;

    public TrainCommandTests()
    {
        var rows = Enumerable.Range(0, 40).Select(row => new { instruction = $"Say {row}.", output = $"It is {row * 7}." });
        _data = _folder.In("rows.jsonl");
        File.WriteAllLines(_data, rows.Select(row => JsonSerializer.Serialize(row)).Append("""{"instruction": "no answer"}"""));
    }

    [Fact]
    public async Task Train_WritesARunFolderAndTellsOfBadRows()
    {
        var (code, output, errors) = await RunAsync(New("run", "--steps", "12"));

        Assert.True(code == 0, errors);
        var run = RunFolder.Open(_folder.In("run"));
        Assert.All(new[] { run.Configuration, run.Checkpoint, run.Adapter, run.Plot }, file => Assert.True(File.Exists(file), file));
        Assert.Equal(Enumerable.Range(0, 12).Select(step => (long)step), MetricsLog.Read(run.Metrics).Select(step => step.Step));
        Assert.Contains("step 12 of 12", output, StringComparison.Ordinal);
        Assert.Contains("41 rows, 1 bad", output, StringComparison.Ordinal);
        Assert.Contains("rows.jsonl:41:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_KilledAtAnyStep_EndsWithTheSameAdapterWhenResumed()
    {
        var (code, _, errors) = await RunAsync(New("whole"));
        Assert.True(code == 0, errors);

        var kills = 0;
        await using (var first = ChildProcess.Start(Program(New("killed"))))
        {
            await WaitForStepAsync("killed", 15);
            await first.KillAsync();
            kills++;
        }

        await using (var second = ChildProcess.Start(Program(Resume("killed"))))
        {
            await WaitForStepAsync("killed", 33);
            await second.KillAsync();
            kills++;
        }

        (code, _, errors) = await RunAsync(Resume("killed"));

        Assert.True(code == 0, errors);
        Assert.Equal(2, kills);
        Assert.Equal(Enumerable.Range(0, Steps).Select(step => (long)step), MetricsLog.Read(RunFolder.Open(_folder.In("killed")).Metrics).Select(step => step.Step));
        Assert.Equal(await File.ReadAllBytesAsync(_folder.In("whole", "adapter.herd"), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(_folder.In("killed", "adapter.herd"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Train_Released_WritesTheSameAdapterInAReleasedLayout()
    {
        var (code, _, errors) = await RunAsync([.. New("run", "--steps", "4"), "--released"]);
        Assert.True(code == 0, errors);

        var adapters = new List<string>();
        foreach (var file in new[] { "adapter.herd", "adapter.pth" })
        {
            var (inspected, output, _) = await RunAsync(["adapter", "inspect", _folder.In("run", file), "--base", TinyBase, "--tokenizer", RepositoryFiles.Tokenizer]);
            Assert.Equal(0, inspected);
            adapters.Add(output[..output.IndexOf('\n', StringComparison.Ordinal)]);
        }

        Assert.StartsWith("version", adapters[0], StringComparison.Ordinal);
        Assert.Equal(adapters[0], adapters[1]);
    }

    [Fact]
    public async Task Train_ResumedOnOtherData_IsRefused()
    {
        Assert.Equal(0, (await RunAsync(New("run", "--steps", "2"))).Code);
        File.AppendAllText(_data, """{"instruction": "new", "output": "row"}""");

        var (code, _, errors) = await RunAsync(Resume("run"));

        Assert.Equal(1, code);
        Assert.Contains("expected the data that the run began with", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_PlaceThatIsTaken_IsRefused()
    {
        Directory.CreateDirectory(_folder.In("taken"));

        var (code, _, errors) = await RunAsync(New("taken"));

        Assert.Equal(1, code);
        Assert.Contains("expected a place where nothing is yet", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_DataThatIsNotThere_LeavesNoFolder()
    {
        File.Delete(_data);

        var (code, _, errors) = await RunAsync(New("run"));

        Assert.Equal(1, code);
        Assert.StartsWith("herd: rows.jsonl", errors, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.In("run")));
    }

    [Fact]
    public async Task Train_RateThatIsFarTooHigh_StopsWithStepAndTensorAndKeepsTheCheckpoint()
    {
        var (code, _, errors) = await RunAsync(New("run", "--steps", "20", "--rate", "1e30", "--checkpoint-every", "1"));

        Assert.Equal(2, code);
        Assert.Contains("expected finite numbers, found an infinity or NaN in", errors, StringComparison.Ordinal);
        Assert.Contains("batches of 'instructions'", errors, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.In("run", "checkpoint.safetensors")));
        Assert.False(File.Exists(_folder.In("run", "adapter.herd")));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string[] arguments) => await ProgramRun.ToEndAsync(Program(arguments), TestContext.Current.CancellationToken);

    private static System.Diagnostics.ProcessStartInfo Program(string[] arguments)
    {
        var start = HerdPrograms.Named("herd", arguments);
        start.Environment["TERM"] = NoColours;
        return start;
    }

    private string[] New(string run, params string[] more) =>
    [
        "train", _folder.In(run), "--base", TinyBase, "--tokenizer", RepositoryFiles.Tokenizer, "--preset", "tuning", "--instructions", _data,
        "--batch", "2", "--accumulate", "2", "--threads", "1", .. more.Contains("--steps") ? more : ["--steps", $"{Steps}", "--checkpoint-every", "10", .. more],
    ];

    private string[] Resume(string run) => ["train", _folder.In(run), "--resume"];

    private static string TinyBase => Path.Combine(RepositoryFiles.Golden, "tiny-llama", "hf");

    private Task WaitForStepAsync(string run, long step) => Eventually.TrueAsync(
        () => File.Exists(_folder.In(run, "metrics.jsonl")) && MetricsLog.Read(_folder.In(run, "metrics.jsonl")).Any(line => line.Step >= step), TestContext.Current.CancellationToken);
}
