using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Contracts.Experts;

namespace Herd.Gateway.OpenAi;

/// <summary>An expert and what became of it: an extension of OpenAI's form.</summary>
/// <param name="Name">Its name, as it was asked for.</param>
/// <param name="Outcome">What became of it; <c>spoke</c> where its line is in the prompt.</param>
/// <param name="Text">What it said; absent where it said nothing.</param>
/// <param name="Confidence">How sure it is; absent where it said nothing.</param>
/// <param name="Line">Its line as it stands in the prompt; absent where none does.</param>
/// <param name="Reason">Why it did not speak; absent where it did.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record ExpertBody(
    string Name,
    string Outcome,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? Confidence,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Line,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    double Seconds)
{
    private const int Decimals = 3;

    /// <summary>The bodies of some experts.</summary>
    /// <param name="reports">What became of them.</param>
    /// <returns>The bodies; null where none were to be asked.</returns>
    public static IReadOnlyList<ExpertBody>? Of(ImmutableArray<ExpertReport> reports) => reports.IsEmpty ? null : [.. reports.Select(Of)];

    private static ExpertBody Of(ExpertReport report) => new(
        report.Name,
        JsonNamingPolicy.SnakeCaseLower.ConvertName(report.Outcome.ToString()),
        report.Text,
        report.Text is null ? null : MathF.Round(report.Confidence, Decimals),
        report.Line,
        report.Reason,
        Math.Round(report.Duration.TotalSeconds, Decimals));
}
