using System.Text.Json;
using CsCheck;
using Herd.Demo.Evaluation;
using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Xunit;

namespace Herd.Demo.Tests.Evaluation;

/// <summary>What is counted, on models whose answers are known.</summary>
public sealed class EvaluatorTests
{
    private static readonly IReadOnlyList<TestCase> Cases = TestSets.Pictures(5, 40);

    private static readonly Dictionary<string, Scene> Scenes =
        Cases.Select(test => test.Picture!).DistinctBy(picture => picture.Key).ToDictionary(picture => Convert.ToBase64String(picture.ToPng()), picture => picture.Scene);

    [Fact]
    public async Task RunAsync_OfOneWhoSees_IsRightByThePictureAlone()
    {
        var report = await new Evaluator(See).RunAsync("sees", Cases, TestContext.Current.CancellationToken);

        Assert.Equal(Cases.Count, report.All.Right);
        Assert.Equal(Cases.Select(test => test.Group).Distinct(), report.Groups.Select(group => group.Group));
        Assert.All(report.Groups, group => Assert.Equal(0, group.Blind!.Right));
        Assert.All(report.Groups, group => Assert.True(group.WrongPicture!.Share < 0.7 && group.WrongPicture.Total == group.Right.Total));
        Assert.Equal(0, report.Groups.Single(group => group.Group == QuestionKinds.Caption).WrongPicture!.Right);
    }

    [Fact]
    public async Task RunAsync_OfOneWhoAlwaysSaysTheSame_IsNoBetterThanTheMajority()
    {
        var report = await new Evaluator((_, _) => Task.FromResult("two")).RunAsync("two", Cases, TestContext.Current.CancellationToken);
        var count = report.Groups.Single(group => group.Group == QuestionKinds.Count);

        Assert.Equal(Cases.Count(test => test.Expected == "two"), report.All.Right);
        Assert.All(report.Groups, group => Assert.True(group.Right.Right <= group.Majority.Right));
        Assert.Equal(count.Right, count.Blind);
        Assert.All(report.Groups.Where(group => group.Right.Right == 0), group => Assert.Equal(("two", 5), (group.Misses[0].Answer, group.Misses.Count)));
    }

    [Fact]
    public Task RunAsync_OfAnyAnswers_CountsThoseThatAreEqual() => Gen.Bool.Array[1, 60].SampleAsync(async right =>
    {
        var cases = right.Select((_, index) => new TestCase("g" + (index % 3), new Question("add", $"{index}", null, $"a{index}"), null)).ToArray();

        var report = await new Evaluator((asked, _) => Task.FromResult((right[int.Parse(asked.Instruction)] ? "a" : "b") + asked.Instruction)).RunAsync("any", cases);

        Assert.Equal((right.Count(one => one), right.Length), (report.All.Right, report.All.Total));
        Assert.All(report.Groups, group => Assert.Equal(right.Where((one, index) => one && $"g{index % 3}" == group.Group).Count(), group.Right.Right));
        Assert.All(report.Groups, group => Assert.True(group.Blind is null && group.WrongPicture is null));
        Assert.Equal(1, report.Groups[0].Majority.Right);
    });

    [Theory]
    [InlineData("red circle", true)]
    [InlineData(" red circle\n", true)]
    [InlineData("Red circle", false)]
    [InlineData("red circle.", false)]
    [InlineData("red  circle", false)]
    [InlineData("", false)]
    public void IsRight_OfAnAnswer_IsByCharacters(string answer, bool expected) =>
        Assert.Equal(expected, new TestCase("place", new Question("place", "?", null, "red circle"), null).IsRight(answer));

    [Fact]
    public async Task Report_HasCountsInBothForms()
    {
        var report = await new Evaluator(See).RunAsync("sees", Cases, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(report.ToJson());
        var lines = report.ToMarkdown().Split('\n');

        Assert.Equal(report.All.Right, json.RootElement.GetProperty("all").GetProperty("right").GetInt32());
        Assert.Equal(report.Groups.Count, json.RootElement.GetProperty("groups").GetArrayLength());
        Assert.Contains($"| count | 40 | 40 | 1.000 | {report.Groups.Single(group => group.Group == "count").Right.Low:0.000}-1.000 | 0.500 | 0.000 |", string.Join('\n', lines), StringComparison.Ordinal);
        Assert.All(lines.Where(line => line.StartsWith('|')), line => Assert.Equal(9, line.Count(mark => mark == '|')));
    }

    [Fact]
    public async Task RunAsync_OfAModelThatFails_Fails() => await Assert.ThrowsAsync<InvalidOperationException>(() =>
        new Evaluator((_, _) => throw new InvalidOperationException()).RunAsync("fails", Cases, TestContext.Current.CancellationToken));

    /// <summary>Knows what each picture shows, and answers as the generator would.</summary>
    private static Task<string> See(Asked asked, CancellationToken cancellationToken)
    {
        if (asked.Picture is null)
        {
            return Task.FromResult("dark");
        }

        var scene = Scenes[Convert.ToBase64String(asked.Picture)];
        var questions = QuestionKinds.OfScenes.Append(QuestionKinds.Caption)
            .SelectMany(kind => Enumerable.Range(0, 300).Select(row => SceneQuestions.OfKind(scene, kind, new WorldRandom(0, "see", row))));
        return Task.FromResult(questions.FirstOrDefault(question => question?.Instruction == asked.Instruction)?.Answer ?? "no such thing");
    }
}
