using System.CommandLine;
using Herd.Demo.Ablation;
using Herd.Demo.Pipeline;
using Spectre.Console;

namespace Herd.Cli.Demo;

/// <summary><c>herd demo ablate</c>: the paper's claims in miniature, as tables and plots.</summary>
internal sealed class AblateCommand : Command
{
    private static readonly AblationOptions Default = new();

    private readonly Option<string> _model = new("--model") { HelpName = "DIR", Description = "Folder with base and image encoder, as 'herd demo train' makes it.", DefaultValueFactory = _ => "models" };
    private readonly Option<string> _output = new("--out") { HelpName = "DIR", Description = "Folder of results, plots and the page README.md, whose marked places are filled.", DefaultValueFactory = _ => Path.Combine("docs", "ablation") };
    private readonly Option<string> _runs = new("--runs") { HelpName = "DIR", Description = "Folder of the runs. Finished ones are passed over; what was begun goes on.", DefaultValueFactory = _ => Path.Combine("results", "ablation") };
    private readonly CountOption _steps = new("--steps", "Steps of a run.", (int)Default.Steps);
    private readonly CountOption _slotSteps = new("--slot-steps", "Steps before them in which slots learn to hold what the base reads of words.", (int)Default.SlotSteps);
    private readonly CountOption _seeds = new("--seeds", "Runs of each way of training.", Default.Seeds);
    private readonly CountOption _pictures = new("--pictures", "Test pictures.", Default.Pictures);
    private readonly CountOption _instructions = new("--instructions", "Most test instructions of a kind.", Default.InstructionsPerKind);
    private readonly Option<string[]> _only = new("--only") { HelpName = "NAME", Description = "A way of training that is run beside the reference; may stand several times. All unless named: " + string.Join(", ", AblationStudy.Names) + "." };

    internal AblateCommand()
        : base("ablate", "Compare ways of training an adapter, as the paper's claims have it, over a base that is there.")
    {
        _only.AcceptOnlyFromAmong([.. AblationStudy.Names]);
        Option[] all = [_model, _output, _runs, _steps, _slotSteps, _seeds, _pictures, _instructions, _only];
        foreach (var option in all)
        {
            Add(option);
        }

        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var options = new AblationOptions
        {
            Steps = line.GetValue(_steps),
            SlotSteps = line.GetValue(_slotSteps),
            Seeds = line.GetValue(_seeds),
            Pictures = line.GetValue(_pictures),
            InstructionsPerKind = line.GetValue(_instructions),
            Only = line.GetValue(_only) ?? [],
        };
        var (console, output) = (AnsiConsole.Console, line.GetRequiredValue(_output));
        void Tell(string text) => console.WriteLine(text);
        var results = await new AblationStudy(new DemoFolder(line.GetRequiredValue(_model)), line.GetRequiredValue(_runs), options, Tell).RunAsync(cancellationToken).ConfigureAwait(false);
        AblationReport.Write(output, results, comparison => AblationPlots.Write(output, comparison, results));
        Tell($"report: {Path.Combine(output, "README.md")}");
        return 0;
    }
}
