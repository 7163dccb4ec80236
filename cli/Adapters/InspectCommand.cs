using System.CommandLine;
using Herd.Engine.Adapters;

namespace Herd.Cli.Adapters;

/// <summary><c>herd adapter inspect</c>: what an adapter of any form is made of; with its base, checked whole.</summary>
internal sealed class InspectCommand : Command
{
    private readonly Argument<string> _input = new("IN") { Description = "Official .pth file, folder that PEFT saved or a zip of it, or a folder or .herd file of Herd's." };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON for programs; version and manifest are null where only a base can tell them." };

    private readonly ReadingOptions _reading = new(baseIsRequired: false);

    internal InspectCommand()
        : base("inspect", "Show an adapter's parts, counts, digests and settings.")
    {
        Add(_input);
        Add(_json);
        _reading.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(_input);
        var options = await _reading.ReadAsync(line, cancellationToken).ConfigureAwait(false);
        using var package = options is null ? null : AdapterPackage.Read(path, options);
        if (line.GetValue(_json))
        {
            await line.InvocationConfiguration.Output.WriteLineAsync(AdapterJson.Of(AdapterSummary.Read(path), package)).ConfigureAwait(false);
        }
        else if (package is not null)
        {
            AdapterTable.Write(package);
        }
        else
        {
            AdapterTable.Write(AdapterSummary.Read(path));
        }

        return 0;
    }
}
