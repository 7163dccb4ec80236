using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Herd.Demo.Evaluation;

/// <summary>How a model answered a test set.</summary>
/// <param name="Name">What was evaluated.</param>
/// <param name="Groups">The groups, in the order in which the test set has them.</param>
public sealed record EvaluationReport(string Name, IReadOnlyList<GroupScore> Groups) : IReport
{
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>All groups together.</summary>
    public Proportion All => Sum(Groups.Select(group => group.Right))!;

    /// <summary>All groups together without their pictures; null where none has pictures.</summary>
    public Proportion? AllBlind => Sum(Groups.Select(group => group.Blind));

    /// <summary>All groups together under wrong pictures; null where none has pictures.</summary>
    public Proportion? AllWrongPicture => Sum(Groups.Select(group => group.WrongPicture));

    /// <summary>The report as JSON: shares and intervals beside counts, some wrong answers.</summary>
    /// <returns>A JSON object.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <inheritdoc/>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append($"### {Name}\n\n| questions | right | of | share | 95 % | majority | no picture | wrong picture |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var group in Groups)
        {
            AppendRow(text, group.Group, group.Right, Cell(group.Majority), group.Blind, group.WrongPicture);
        }

        AppendRow(text, "all", All, "", AllBlind, AllWrongPicture);
        return text.ToString();
    }

    private static Proportion? Sum(IEnumerable<Proportion?> parts)
    {
        Proportion[] known = [.. parts.OfType<Proportion>()];
        return known.Length == 0 ? null : new Proportion(known.Sum(part => part.Right), known.Sum(part => part.Total));
    }

    private static void AppendRow(StringBuilder text, string name, Proportion right, string majority, Proportion? blind, Proportion? wrong) =>
        text.Append($"| {name} | {right.Right} | {right.Total} | {Cell(right)} | {Number(right.Low)}-{Number(right.High)} | {majority} | {Cell(blind)} | {Cell(wrong)} |\n");

    private static string Cell(Proportion? part) => part is null ? "" : Number(part.Share);

    private static string Number(double share) => share.ToString("0.000", CultureInfo.InvariantCulture);
}
