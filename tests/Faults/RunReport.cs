using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Faults.Clients;
using Herd.Faults.Findings;
using Herd.Faults.Injection;

namespace Herd.Faults;

/// <summary>What came of a run.</summary>
internal sealed record RunReport
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>What must not be mistaken.</summary>
    public string Note { get; } =
        "The seed decides the order and size of the faults and what each client asks for in turn. When a fault meets which request is up to the machine and not repeatable.";

    /// <summary>When a request counts as failed.</summary>
    public string Rule { get; } = StreamRule.Words;

    public required string Run { get; init; }

    public required int Seed { get; init; }

    /// <summary>Time of load and faults, with what was brought to its end afterwards.</summary>
    public required double Seconds { get; init; }

    /// <summary>The steps of the plan that there was time for.</summary>
    public required IReadOnlyList<DoneStep> Plan { get; init; }

    public required IReadOnlyDictionary<string, long> Faults { get; init; }

    public required IReadOnlyDictionary<string, long> Operations { get; init; }

    public required IReadOnlyDictionary<string, long> Retries { get; init; }

    /// <summary>Longest time between two messages of a stream whose gateway was left alone while the cluster could serve.</summary>
    public required double LongestSilenceSeconds { get; init; }

    /// <summary>When it ended.</summary>
    public required double LongestSilenceAtSeconds { get; init; }

    /// <summary>How many findings of each kind there are: all must be 0.</summary>
    public required IReadOnlyDictionary<FindingKind, int> Figures { get; init; }

    /// <summary>The first findings with their histories.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Where the processes' logs are; null where nothing was found.</summary>
    public required string? Logs { get; init; }

    /// <summary>Whether nothing was found.</summary>
    public bool IsClean => Figures.Values.All(count => count == 0);

    /// <summary>Writes it as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <summary>Writes it for a terminal.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendLine($"{Run}: {Seconds:F0} s with {Plan.Count} steps of faults. {Note}");
        Append(text, "faults", Faults);
        Append(text, "operations", Operations);
        Append(text, "tried again", Retries);
        text.AppendLine($"longest silence     {LongestSilenceSeconds:F1} s, until {LongestSilenceAtSeconds:F1} s, of a stream whose gateway was left alone");
        text.AppendLine();
        foreach (var (kind, words) in Words)
        {
            text.AppendLine($"{words,-28}{Figures[kind],6}");
        }

        foreach (var finding in Findings)
        {
            text.AppendLine().AppendLine($"{finding.Kind} at {finding.AtSeconds:F1} s, {finding.Who}").AppendLine($"  expected {finding.Expected}").AppendLine($"  found    {finding.Found}");
            finding.History.Concat(finding.Faults.Select(fault => $"fault: {fault}")).ToList().ForEach(line => text.AppendLine($"    {line}"));
        }

        return text.AppendLine(Logs is null ? "" : $"The processes' logs are in {Logs}.").ToString();
    }

    private static IEnumerable<(FindingKind Kind, string Words)> Words =>
    [
        (FindingKind.TurnLost, "acknowledged turns lost"),
        (FindingKind.StreamFailed, "streams failed"),
        (FindingKind.TokenWrong, "tokens wrong"),
        (FindingKind.LeaseOrphaned, "leases orphaned"),
        (FindingKind.PublicationLost, "versions or aliases lost"),
        (FindingKind.UsageWrong, "usage wrong"),
        (FindingKind.ProcessFault, "processes at fault"),
    ];

    private static void Append(StringBuilder text, string name, IReadOnlyDictionary<string, long> counts) =>
        text.AppendLine($"{name,-19} {string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"))}");
}
