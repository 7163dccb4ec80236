using System.Globalization;
using System.Text;
using Herd.Demo.Pipeline;

namespace Herd.Demo.Ablation;

/// <summary>Results as a page: a table for each comparison, and what follows from it for the paper's claim.</summary>
public static class AblationReport
{
    private const string RunsMark = "runs";

    /// <summary>Writes the results, and the tables into the page beside them: between its marks where it is there, otherwise into a bare one.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="results">The results.</param>
    /// <param name="plots">Plots of a comparison, as names of files in the folder.</param>
    public static void Write(string folder, AblationResults results, Func<Comparison, IReadOnlyList<string>> plots)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(plots);
        Directory.CreateDirectory(folder);
        AblationJson.Write(Path.Combine(folder, "results.json"), results);
        var path = Path.Combine(folder, "README.md");
        var page = new MarkedPage(path, File.Exists(path) ? File.ReadAllText(path) : Bare());
        page.Fill(RunsMark, Runs(results));
        foreach (var comparison in Comparison.All.Where(comparison => comparison.In(results).Count > 1))
        {
            page.Fill(comparison.Name, string.Join('\n', [Table(comparison, results), Verdicts(comparison, results), .. plots(comparison).Select(plot => $"![{comparison.Title}]({plot})\n")]));
        }

        File.WriteAllText(path, page.Text);
    }

    /// <summary>A comparison's table: means, the seeds, and how they stand to the reference's.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="results">The results.</param>
    /// <returns>The table in Markdown.</returns>
    public static string Table(Comparison comparison, AblationResults results)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var members = comparison.In(results);
        var text = new StringBuilder();
        text.Append($"| measure | cases | {string.Join(" | ", members.Select(member => member.Label))} |\n|---|---|{string.Concat(members.Select(_ => "---|"))}\n");
        foreach (var measure in Measure.All)
        {
            SeedValues?[] values = [.. members.Select(member => measure.Of(results.Of(member.Variant)))];
            var cells = values.Select((value, index) => Cell(value, index == 0 ? null : values[0]));
            text.Append($"| {measure.Name} | {measure.Cases(results.Of(members[0].Variant)[0])} | {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();
    }

    /// <summary>What the figures say of the paper's claim.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="results">The results.</param>
    /// <returns>A list in Markdown.</returns>
    public static string Verdicts(Comparison comparison, AblationResults results)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var members = comparison.In(results);
        var first = members.FirstOrDefault(member => member.Variant == comparison.Favoured) ?? members[0];
        var text = new StringBuilder();
        foreach (var (measure, other) in Measure.Main.SelectMany(measure => members.Where(member => member != first).Select(other => (measure, other))))
        {
            if (measure.Of(results.Of(first.Variant)) is { } mine && measure.Of(results.Of(other.Variant)) is { } its)
            {
                text.Append($"* {measure.Name}, {first.Label}: {Number(mine.Mean)}, {other.Label}: {Number(its.Mean)}. {Verdict(mine.Against(its), comparison.Favoured is not null)}\n");
            }
        }

        return text.ToString();
    }

    private static string Verdict(Standing standing, bool isFavoured) => (standing, isFavoured) switch
    {
        (Standing.Higher, true) => "Higher in every seed: **as the paper says**.",
        (Standing.Lower, true) => "Lower in every seed: **not as the paper says**.",
        (Standing.Higher or Standing.Lower, false) => $"{(standing == Standing.Higher ? "Higher" : "Lower")} in every seed: **not the same**.",
        (Standing.Overlap, true) => "The seeds overlap: nothing can be concluded.",
        (Standing.Overlap, false) => "The seeds overlap: no difference is shown.",
        _ => "There are too few seeds: nothing can be concluded.",
    };

    private static string Cell(SeedValues? values, SeedValues? reference) => values is null ? ""
        : $"{Number(values.Mean)} ({string.Join(' ', values.Values.Select(Number))})" + (reference is null ? "" : $", {values.Against(reference).Word()}");

    private static string Runs(AblationResults results)
    {
        var (settings, seeds) = (results.Settings, results.Runs.Select(run => run.Seed).Distinct().Count());
        var variants = results.Runs.Select(run => run.Variant).Distinct().Count();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{results.Runs.Count} runs: {variants} ways of training, each under {seeds} {(seeds == 1 ? "seed" : "seeds")}, {settings.Steps} steps of {AdapterStages.Batch} rows behind {settings.SlotSteps} steps for the slots. Test sets: "
            + $"{settings.Pictures} pictures of held-out scenes, at most {settings.InstructionsPerKind} instructions of a kind. Base with image encoder: `{settings.Model[..12]}`.\n");
    }

    private static string Bare() => "# Ablation\n\n" + MarkedPage.Place(RunsMark) + string.Concat(Comparison.All.Select(comparison => $"\n## {comparison.Title}\n\n{MarkedPage.Place(comparison.Name)}"));

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
