using Herd.Demo.Ablation;
using Herd.Demo.Evaluation;
using Herd.Engine;
using Herd.Testing;
using Xunit;

namespace Herd.Demo.Tests.Ablation;

public sealed class AblationReportTests : IDisposable
{
    private static readonly Comparison Tuning = Comparison.All.Single(comparison => comparison.Name == "tuning");
    private static readonly Comparison Scale = Comparison.All.Single(comparison => comparison.Name == "scale");

    private readonly TestFolder _folder = new();

    [Fact]
    public void Table_SeedsThatOverlap_SaysSo()
    {
        var table = AblationReport.Table(Tuning, Results((Variants.Reference, [50, 60, 70]), (Variants.NoTuning, [40, 45, 50])));

        Assert.Contains("| picture questions | 100 | 0.600 (0.500 0.600 0.700) | 0.450 (0.400 0.450 0.500), overlap |", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 40, 45, 49 }, "lower")]
    [InlineData(new[] { 71, 90, 80 }, "higher")]
    public void Table_SeedsThatAllStandApart_SaysOnWhichSide(int[] others, string word)
    {
        var table = AblationReport.Table(Tuning, Results((Variants.Reference, [50, 60, 70]), (Variants.NoTuning, others)));

        Assert.Contains($"), {word} |", table, StringComparison.Ordinal);
        Assert.DoesNotContain("overlap |\n| - color", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_FewerThanThreeSeeds_ConcludesNothing()
    {
        var results = Results((Variants.Reference, [50, 60]), (Variants.NoTuning, [10, 20, 30]));

        Assert.Contains("too few seeds |", AblationReport.Table(Tuning, results), StringComparison.Ordinal);
        Assert.Contains("too few seeds: nothing can be concluded", AblationReport.Verdicts(Tuning, results), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 40, 45, 49 }, "Higher in every seed: **as the paper says**.")]
    [InlineData(new[] { 80, 85, 90 }, "Lower in every seed: **not as the paper says**.")]
    [InlineData(new[] { 40, 45, 55 }, "The seeds overlap: nothing can be concluded.")]
    public void Verdicts_SetTheFiguresAgainstTheClaim(int[] others, string expected) =>
        Assert.Contains($"picture questions, tuned: 0.600, not tuned: {others.Average() / 100:0.000}. {expected}", AblationReport.Verdicts(Tuning, Results((Variants.Reference, [50, 60, 70]), (Variants.NoTuning, others))), StringComparison.Ordinal);

    [Fact]
    public void Verdicts_ClaimOfNoDifference_IsNotProvedByAnOverlap()
    {
        var verdicts = AblationReport.Verdicts(Scale, Results((Variants.Reference, [50, 60, 70]), (Variants.ScaleBefore, [50, 60, 70])));

        Assert.Contains("The seeds overlap: no difference is shown.", verdicts, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_FillsTheMarkedPlacesAgain_AndLeavesTheRestOfThePage()
    {
        AblationReport.Write(_folder.Path, Results((Variants.Reference, [50, 60, 70]), (Variants.NoTuning, [40, 45, 49])), comparison => [comparison.Name + ".png"]);
        var page = _folder.In("README.md");
        File.WriteAllText(page, File.ReadAllText(page).Replace("## Bias, scale and norm\n", "## Bias, scale and norm\n\nBy hand.\n", StringComparison.Ordinal));
        AblationReport.Write(_folder.Path, Results((Variants.Reference, [10, 20, 30]), (Variants.NoTuning, [40, 45, 49])), comparison => [comparison.Name + ".png"]);

        var text = File.ReadAllText(page);
        Assert.Contains("By hand.", text, StringComparison.Ordinal);
        Assert.Contains("![Bias, scale and norm](tuning.png)", text, StringComparison.Ordinal);
        Assert.Contains("0.200 (0.100 0.200 0.300)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("0.600", text, StringComparison.Ordinal);
        Assert.Equal(6, AblationJson.Read<AblationResults>(_folder.In("results.json")).Runs.Count);
    }

    [Fact]
    public void Write_PageWithoutAMark_IsRefused()
    {
        File.WriteAllText(_folder.In("README.md"), "# Nothing\n");

        var error = Assert.Throws<EngineException>(() => AblationReport.Write(_folder.Path, Results((Variants.Reference, [50])), _ => []));

        Assert.Contains("expected the marks <!-- runs -->", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>So many right of 100 colour questions, for each seed of each way of training.</summary>
    private static AblationResults Results(params (string Variant, int[] Right)[] runs) => new(
        new AblationSettings(new string('a', 64), 600, 100, 100, 25),
        [.. runs.SelectMany(run => run.Right.Select((right, index) => new AblationResult(run.Variant, index + 1, Report(right), Report(right), [new LossCurve("pictures", 1, [new LossPoint(1, 1)])])))]);

    private static EvaluationReport Report(int right) => new("test", [new GroupScore("color", new Proportion(right, 100), new Proportion(20, 100))]);
}
