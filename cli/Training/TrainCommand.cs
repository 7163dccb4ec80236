using System.CommandLine;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Runs;
using Spectre.Console;

namespace Herd.Cli.Training;

/// <summary><c>herd train</c>: trains an adapter, a base or an image encoder in a folder of its own, and goes on with a run that was stopped.</summary>
internal sealed class TrainCommand : Command
{
    private readonly Argument<string> _folder = new("RUN") { Description = "Folder of the run. A new one is made; with --resume it is one that was stopped." };

    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with the run from its last checkpoint; its own configuration holds." };

    private readonly RunOptions _run = new();

    internal TrainCommand()
        : base("train", "Train an adapter, a base or an image encoder.")
    {
        Add(_folder);
        Add(_resume);
        _run.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(_folder);
        var folder = line.GetValue(_resume) ? RunFolder.Open(path) : Begin(path, line);
        try
        {
            var reports = await TrainingDisplay.ShowAsync(progress => ConfiguredRun.RunAsync(folder, progress, cancellationToken)).ConfigureAwait(false);
            Tell(reports);
        }
        finally
        {
            if (File.Exists(folder.Metrics))
            {
                LossPlot.Write(folder);
            }
        }

        return 0;
    }

    /// <summary>What was passed over, and where the first of it stands.</summary>
    private static void Tell(IReadOnlyDictionary<string, DataReport> reports)
    {
        foreach (var (source, report) in reports)
        {
            AnsiConsole.Console.WriteLine($"{source}: {report.Rows} rows, {report.BadRows} bad, {report.Cut} cut");
            foreach (var bad in report.Told)
            {
                AnsiConsole.Console.WriteLine($"  {bad}");
            }
        }
    }

    private RunFolder Begin(string path, ParseResult line)
    {
        var configuration = _run.Read(line);
        configuration.Validate();
        var folder = RunFolder.Create(path);
        configuration.Write(folder.Configuration);
        return folder;
    }
}
