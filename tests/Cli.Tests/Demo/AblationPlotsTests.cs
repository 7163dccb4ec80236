using Herd.Cli.Demo;
using Herd.Demo.Ablation;
using Herd.Demo.Evaluation;
using Herd.Testing;
using Xunit;

namespace Herd.Cli.Tests.Demo;

public sealed class AblationPlotsTests : IDisposable
{
    private static readonly byte[] PngBeginning = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    private readonly TestFolder _folder = new();

    [Fact]
    public void Write_DrawsSeedsAndLossesOfEveryComparison()
    {
        foreach (var comparison in Comparison.All)
        {
            var files = AblationPlots.Write(_folder.Path, comparison, Results(comparison));

            Assert.Equal([$"{comparison.Name}.png", $"{comparison.Name}-losses.png"], files);
            Assert.All(files, file => Assert.Equal(PngBeginning, File.ReadAllBytes(_folder.In(file))[..PngBeginning.Length]));
        }
    }

    public void Dispose() => _folder.Dispose();

    private static AblationResults Results(Comparison comparison) => new(
        new AblationSettings("", 600, 100, 100, 25),
        [.. comparison.Members.SelectMany((member, index) => Enumerable.Range(1, 3).Select(seed => new AblationResult(member.Variant, seed, Report(40 + (10 * index) + seed), Report(80 + seed), [Curve("pictures", seed), Curve("instructions", seed + 1)])))]);

    private static EvaluationReport Report(int right) =>
        new("test", [.. new[] { "color", "caption" }.Select((group, index) => new GroupScore(group, new Proportion(right - (20 * index), 100), new Proportion(20, 100)))]);

    private static LossCurve Curve(string source, double start) => new(source, start / 30, [.. Enumerable.Range(1, 30).Select(step => new LossPoint(step * 20, start / step))]);
}
