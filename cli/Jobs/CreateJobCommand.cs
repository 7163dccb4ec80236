using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Herd.Cli.Gateways;

namespace Herd.Cli.Jobs;

/// <summary><c>herd job create</c>: sends an archive and makes a job of it.</summary>
internal sealed class CreateJobCommand : Command
{
    private readonly Argument<FileInfo> _archive = new("ARCHIVE") { Description = "A zip with data.jsonl, perhaps held-out.jsonl, and the pictures that they name under pictures/." };
    private readonly Option<string> _adapter = new("--adapter") { HelpName = "NAME", Description = "The adapter that gets the new version.", Required = true };
    private readonly Option<string> _preset = new("--preset") { HelpName = "NAME", Description = "What trains, such as tuning, lora or official-finetune.", Required = true };
    private readonly Option<string?> _alias = new("--alias") { HelpName = "NAME", Description = "The alias that is moved to the new version, after a check or with --unchecked." };
    private readonly Option<double?> _minimum = new("--minimum-accuracy") { HelpName = "SHARE", Description = "Share of the held-out rows that must be answered to the letter before the alias is moved." };
    private readonly Option<bool> _unchecked = new("--unchecked") { Description = "Move the alias without a check." };
    private readonly (string Field, Option<string?> Option)[] _others =
    [
        ("layout", Other("--layout", "NAME", "What the new adapter is made of; otherwise what goes with the preset.")),
        ("steps", Other("--steps", "N", "Optimiser steps; otherwise as --passes say.")),
        ("passes", Other("--passes", "N", "Passes over the data; otherwise as many as the preset has.")),
        ("rate", Other("--rate", "N", "Highest learning rate; otherwise the preset's.")),
        ("batch", Other("--batch", "N", "Examples of a step; 8 unless named.")),
        ("seed", Other("--seed", "N", "Decides first values and order of data; 0 unless named.")),
    ];

    private readonly GatewayOption _gateway = new();

    internal CreateJobCommand()
        : base("create", "Make a training job; its id is written.")
    {
        Add(_archive);
        Option[] options = [_adapter, _preset, _alias, _minimum, _unchecked, .. _others.Select(other => other.Option)];
        foreach (var option in options)
        {
            Add(option);
        }

        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        var archive = line.GetRequiredValue(_archive);
        if (!archive.Exists)
        {
            throw new CommandException($"{archive.Name}: there is no such file.", isMisuse: true);
        }

        using var content = new StreamContent(archive.OpenRead());
        using var job = await gateway.PostAsync(
            "/v1/training/jobs?" + Query(line),
            content,
            answer => JsonDocument.ParseAsync(answer, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        await line.InvocationConfiguration.Output.WriteLineAsync(job.RootElement.GetProperty("id").GetString()).ConfigureAwait(false);
        return 0;
    }

    private string Query(ParseResult line)
    {
        IEnumerable<(string Field, string? Value)> fields =
        [
            ("adapter", line.GetRequiredValue(_adapter)),
            ("preset", line.GetRequiredValue(_preset)),
            ("alias", line.GetValue(_alias)),
            ("minimum_accuracy", line.GetValue(_minimum)?.ToString(CultureInfo.InvariantCulture)),
            ("moves_unchecked", line.GetValue(_unchecked) ? "true" : null),
            .. _others.Select(other => (other.Field, line.GetValue(other.Option))),
        ];
        return string.Join('&', fields.Where(field => field.Value is not null).Select(field => $"{field.Field}={Uri.EscapeDataString(field.Value!)}"));
    }

    private static Option<string?> Other(string name, string help, string description) => new(name) { HelpName = help, Description = description };
}
