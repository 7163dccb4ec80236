using System.CommandLine;
using System.Text.Json;
using Herd.Engine.Adapters;

namespace Herd.Cli.Adapters;

/// <summary><c>herd adapter inspect</c>: what an adapter of any form is made of; with its base, checked whole.</summary>
internal sealed class InspectCommand : Command
{
    private static readonly JsonSerializerOptions Indented = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    private readonly Argument<string> _input = new("IN") { Description = "Official .pth file, folder that PEFT saved or a zip of it, or a folder or .herd file of Herd's." };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON: the manifest where there is one." };

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
        var (path, json) = (line.GetRequiredValue(_input), line.GetValue(_json));
        if (await _reading.ReadAsync(line, cancellationToken).ConfigureAwait(false) is { } options)
        {
            using var package = AdapterPackage.Read(path, options);
            if (json)
            {
                await line.InvocationConfiguration.Output.WriteLineAsync($"{{\"version\":\"{package.Version}\",\"manifest\":{package.ManifestJson}}}").ConfigureAwait(false);
            }
            else
            {
                AdapterTable.Write(package);
            }

            return 0;
        }

        var summary = AdapterSummary.Read(path);
        if (json)
        {
            var manifest = summary.Manifest is { } told ? JsonSerializer.Deserialize<JsonElement>(told.ToJson()) : (JsonElement?)null;
            var text = JsonSerializer.Serialize(new { summary.Layout, summary.Layers, summary.Ranks, summary.Parts, summary.Parameters, Version = summary.Manifest?.Version, Manifest = manifest }, Indented);
            await line.InvocationConfiguration.Output.WriteLineAsync(text).ConfigureAwait(false);
        }
        else
        {
            AdapterTable.Write(summary);
        }

        return 0;
    }
}
