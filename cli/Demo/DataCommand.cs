using System.CommandLine;
using Herd.Demo.Files;
using Spectre.Console;

namespace Herd.Cli.Demo;

/// <summary><c>herd demo data</c>: writes the small world as files to train and to test with.</summary>
internal sealed class DataCommand : Command
{
    private static readonly WorldFileOptions Default = new();

    private readonly Option<string> _out = new("--out") { HelpName = "DIR", Description = "Folder to write; it is new or empty.", Required = true };
    private readonly Option<long> _seed = new("--seed") { HelpName = "N", Description = "Decides all that is written.", DefaultValueFactory = _ => Default.Seed };
    private readonly CountOption _rows = new("--rows", "Rows of each kind of training data.", Default.Rows);
    private readonly CountOption _pictures = new("--pictures", "Pictures to train on.", Default.Pictures);
    private readonly CountOption _tests = new("--tests", "Pictures of each test set, and instructions of each kind.", Default.Tests);

    internal DataCommand()
        : base("data", "Write the small world as files to train and to test with.")
    {
        Add(_out);
        Add(_seed);
        foreach (var count in new[] { _rows, _pictures, _tests })
        {
            Add(count);
        }

        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var folder = line.GetRequiredValue(_out);
        if (Path.Exists(folder) && (File.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new CommandException($"{folder} holds something already. Name a new or an empty folder.", isMisuse: true);
        }

        var options = new WorldFileOptions { Seed = line.GetValue(_seed), Rows = line.GetValue(_rows), Pictures = line.GetValue(_pictures), Tests = line.GetValue(_tests) };
        await new WorldFiles(folder, options).WriteAsync(cancellationToken).ConfigureAwait(false);
        AnsiConsole.Console.WriteLine($"{folder}: seed {options.Seed}, {options.Rows} rows of each kind, {options.Pictures} pictures");
        return 0;
    }
}
