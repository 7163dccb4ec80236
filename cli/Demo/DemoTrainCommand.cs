using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Herd.Demo.Pipeline;
using Spectre.Console;

namespace Herd.Cli.Demo;

/// <summary><c>herd demo train</c>: the bundled model from nothing, with its report.</summary>
internal sealed partial class DemoTrainCommand : Command
{
    private readonly Option<string> _budget = new("--budget") { HelpName = "TIME", Description = "Time for all of it on two cores, such as 60m or 90s.", DefaultValueFactory = _ => "60m" };

    private readonly Option<string> _output = new("--out") { HelpName = "DIR", Description = "Folder to make it in. What is there already is passed over; what was begun goes on.", DefaultValueFactory = _ => "demo-model" };

    private readonly Option<long> _seed = new("--seed") { HelpName = "N", Description = "Decides all values and data.", DefaultValueFactory = _ => 1 };

    internal DemoTrainCommand()
        : base("train", "Make the bundled model from nothing: tokenizer, base, image encoder, adapters, report.")
    {
        Add(_budget);
        Add(_output);
        Add(_seed);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var folder = new DemoFolder(Path.GetFullPath(line.GetRequiredValue(_output)));
        var console = AnsiConsole.Console;
        void Tell(string text) => console.WriteLine(text);
        await new DemoPipeline(folder, Time(line.GetRequiredValue(_budget)), line.GetValue(_seed), Tell).RunAsync(cancellationToken).ConfigureAwait(false);
        await using var models = await DemoModels.LoadAsync(folder, cancellationToken).ConfigureAwait(false);
        await new DemoReport(models.AskAsync, new DemoReportSize(), Tell).WriteAsync(folder.Report, cancellationToken).ConfigureAwait(false);
        Tell($"report: {folder.Report}");
        return 0;
    }

    private static TimeSpan Time(string text)
    {
        var match = TimeForm().Match(text);
        if (!match.Success)
        {
            throw new CommandException($"--budget: expected a time such as 60m, 90s or 2h, found '{text}'.", isMisuse: true);
        }

        var number = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "s" => TimeSpan.FromSeconds(number), "h" => TimeSpan.FromHours(number), _ => TimeSpan.FromMinutes(number) };
    }

    [GeneratedRegex("^([0-9]{1,6}(?:\\.[0-9]{1,3})?)([smh])$", RegexOptions.CultureInvariant)]
    private static partial Regex TimeForm();
}
