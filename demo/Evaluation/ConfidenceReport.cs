using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Herd.Demo.Evaluation;

/// <summary>What answers would be worth if an expert were believed from some confidence on.</summary>
/// <param name="Name">What was tried.</param>
/// <param name="Trials">The trials, at least one.</param>
public sealed record ConfidenceReport(string Name, IReadOnlyList<ExpertTrial> Trials) : IReport
{
    private const int Steps = 20; // of a twentieth

    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The thresholds that are tried, ascending from 0; the last is beyond any confidence.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = [.. Enumerable.Range(0, Steps + 2).Select(step => (double)step / Steps)];

    /// <summary>The threshold with the most right answers; of several the middle one, farthest from where answers are lost.</summary>
    public double Best
    {
        get
        {
            var most = Thresholds.Max(RightAt);
            double[] best = [.. Thresholds.Where(threshold => RightAt(threshold) == most)];
            return best[(best.Length - 1) / 2];
        }
    }

    /// <summary>Right answers where the expert is believed from a confidence on.</summary>
    /// <param name="threshold">The confidence.</param>
    /// <returns>How many of the trials.</returns>
    public int RightAt(double threshold) => Trials.Count(trial => trial.Confidence >= threshold ? trial.RightWith : trial.RightWithout);

    /// <inheritdoc/>
    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <inheritdoc/>
    public string ToMarkdown()
    {
        var text = new StringBuilder($"### {Name}\n\n| believed from | heard | true | answers right of {Trials.Count} |\n|---|---|---|---|\n");
        foreach (var threshold in Thresholds)
        {
            ExpertTrial[] heard = [.. Trials.Where(trial => trial.Confidence >= threshold)];
            text.Append(CultureInfo.InvariantCulture, $"| {(threshold > 1 ? "never" : Number(threshold))} | {heard.Length} | {heard.Count(trial => trial.IsTrue)} | {RightAt(threshold)} |\n");
        }

        return text.Append($"\nBest: {Number(Best)}\n").ToString();
    }

    private static string Number(double threshold) => threshold.ToString("0.00", CultureInfo.InvariantCulture);
}
