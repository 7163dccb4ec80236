using Herd.Demo.Evaluation;
using Herd.Engine.Experts;
using Xunit;

namespace Herd.Demo.Tests.Evaluation;

public sealed class ConfidenceStudyTests
{
    private static readonly IReadOnlyList<TestCase> Signs = TestSets.WornSigns(seed: 3, count: 40);

    [Fact]
    public async Task Run_WhereAnExpertIsRightWhenItIsSure_FindsTheConfidenceBetween()
    {
        // Sure and right of the first half; unsure and wrong of the second, which the model answers alone.
        bool IsClear(Asked asked) => Index(asked) < Signs.Count / 2;
        var study = new ConfidenceStudy(
            (asked, _) => Task.FromResult(asked.Input is { } line ? line[(ExpertText.Line("OCR", "").Length - 1)..^1] : IsClear(asked) ? "?" : Signs[Index(asked)].Expected),
            (asked, _) => Task.FromResult(IsClear(asked) ? new ExpertFinding(Signs[Index(asked)].Expected, 0.8f) : new ExpertFinding("WRONG", 0.42f)));

        var report = await study.RunAsync("signs", "ocr", "OCR", Signs, test => test.Expected, TestContext.Current.CancellationToken);

        Assert.Equal(Signs.Count / 2, report.RightAt(0));
        Assert.Equal(Signs.Count, report.RightAt(report.Best));
        Assert.Equal(0.6, report.Best, 1e-9);
        Assert.Equal(Signs.Count / 2, report.RightAt(ConfidenceReport.Thresholds[^1]));
        Assert.Contains("| 0.50 | 20 | 20 | 40 |", report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhereAnExpertSaysNothing_AsksOnceWithoutIt()
    {
        var asked = 0;
        var study = new ConfidenceStudy(
            (question, _) =>
            {
                Assert.Null(question.Input);
                Interlocked.Increment(ref asked);
                return Task.FromResult("");
            },
            (question, _) =>
            {
                Assert.Equal(["ocr"], question.Experts);
                return Task.FromResult(ExpertFinding.Nothing);
            });

        await study.RunAsync("signs", "ocr", "OCR", Signs, _ => "", TestContext.Current.CancellationToken);

        Assert.Equal(Signs.Count, asked);
    }

    private static int Index(Asked asked) => Enumerable.Range(0, Signs.Count).Single(index => ReferenceEquals(Signs[index].Sign, asked.Picture));
}
