using System.CommandLine;
using System.Text.Json;
using Herd.Cli.Gateways;
using Herd.Demo.Evaluation;
using Herd.Demo.Pipeline;
using Spectre.Console;

namespace Herd.Cli.Demo;

/// <summary><c>herd demo report</c>: asks a gateway that serves the bundled model, and counts.</summary>
internal sealed class ReportCommand : Command
{
    private static readonly DemoReportSize Default = new();

    private readonly GatewayOption _gateway = new();
    private readonly Option<string> _out = new("--out") { HelpName = "FILE", Description = "The report, as JSON; beside it as Markdown.", DefaultValueFactory = _ => "report.json" };
    private readonly CountOption _pictures = new("--pictures", "Pictures of held-out scenes.", Default.Pictures, least: 2);
    private readonly CountOption _instructions = new("--instructions", "Most instructions of a kind.", Default.PerKind, least: 2);
    private readonly CountOption _signs = new("--signs", "Signs that the expert ocr reads; the gateway's machine has Tesseract.", Default.Signs, least: 0);

    internal ReportCommand()
        : base("report", "Ask a gateway that serves the bundled model what no training row holds, and count the right answers.")
    {
        _gateway.AddTo(this);
        Add(_out);
        foreach (var count in new[] { _pictures, _instructions, _signs })
        {
            Add(count);
        }

        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        var pictures = line.GetValue(_pictures);
        var size = new DemoReportSize(pictures, UnseenPictures: (pictures + 1) / 2, line.GetValue(_instructions), line.GetValue(_signs));
        var served = await gateway.ReadAsync("v1/models", ReadNamesAsync, cancellationToken).ConfigureAwait(false);
        HttpAsker Asker(string model) => new(gateway.Http, model);
        var report = new DemoReport(
            (model, asked, cancel) => Asker(model).AskAsync(asked, cancel), size, AnsiConsole.Console.WriteLine, served.Contains, (model, asked, cancel) => Asker(model).HearAsync(asked, cancel));
        try
        {
            await report.WriteAsync(line.GetRequiredValue(_out), cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(error.Message, isMisuse: false);
        }

        return 0;
    }

    private static async Task<HashSet<string>> ReadNamesAsync(Stream body)
    {
        using var json = await JsonDocument.ParseAsync(body).ConfigureAwait(false);
        return [.. json.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];
    }
}
