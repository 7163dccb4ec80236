using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Xunit;

namespace Herd.Demo.Tests.Tasks;

/// <summary>Instructions without pictures, and the forms of answers.</summary>
public sealed class TextTasksTests
{
    public static TheoryData<string> Kinds => [.. QuestionKinds.OfText];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OfKind_TrainingAndHeldOut_ShareNoTask(string kind)
    {
        var trained = Draw(kind, heldOut: false, 3000);
        var held = Draw(kind, heldOut: true, 300);

        Assert.NotEmpty(held);
        Assert.Empty(held.Where(task => task.Input?.Contains(',') != false || !IsOneObject(task)).Intersect(trained));
    }

    [Theory]
    [InlineData(QuestionKinds.Add, "What is 3 plus 4?", null, "7")]
    [InlineData(QuestionKinds.Opposite, "What is the opposite of hot?", null, "cold")]
    [InlineData(QuestionKinds.ColorOf, "What color is snow?", null, "white")]
    [InlineData(QuestionKinds.KindOf, "What kind of thing is a dog?", null, "animal")]
    public void Facts_AreWordedSo(string kind, string instruction, string? input, string answer) =>
        Assert.Contains(new Question(kind, instruction, input, answer), Fact.All[kind].Select(fact => fact.Question));

    [Fact]
    public void Facts_OfEachKind_HaveHeldOutOnes() =>
        Assert.All(Fact.Kinds, kind => Assert.InRange(Fact.All[kind].Count(fact => fact.IsHeldOut) / (double)Fact.All[kind].Count(), 0.1, 0.45));

    [Fact]
    public void Lists_AreAnsweredByTheirEnds()
    {
        Assert.All(Draw(QuestionKinds.First, heldOut: false, 100), task => Assert.Equal(task.Input!.Split(", ")[0], task.Answer));
        Assert.All(Draw(QuestionKinds.Last, heldOut: false, 100), task => Assert.Equal(task.Input!.Split(", ")[^1], task.Answer));
    }

    [Fact]
    public void Questions_AboutOneScene_TellItOnceAndDiffer()
    {
        for (var row = 0; row < 200; row++)
        {
            var random = new WorldRandom(1, "scenes", row);
            var scene = SceneDraw.Training(random);
            var asked = TextTasks.AboutOneScene(scene, random, most: 6);

            Assert.Contains(scene.Caption, asked[0].Input, StringComparison.Ordinal);
            Assert.All(asked.Skip(1), question => Assert.Null(question.Input));
            Assert.InRange(asked.Count, 1, 6);
            Assert.Equal(asked.Count, asked.DistinctBy(question => question.Instruction).Count());
        }
    }

    [Fact]
    public void Signs_AreReadByTheExpert() => Assert.All(Draw(QuestionKinds.Sign, heldOut: true, 100), task => Assert.Equal($"[OCR expert: {task.Answer}]", task.Input));

    [Theory]
    [InlineData(AnswerStyle.Plain, "red circle")]
    [InlineData(AnswerStyle.Pirate, "Arr, matey! The answer be red circle, aye!")]
    [InlineData(AnswerStyle.Json, "{\"answer\": \"red circle\"}")]
    [InlineData(AnswerStyle.Capitals, "RED CIRCLE")]
    public void Styles_AreWordedSo(AnswerStyle style, string expected) => Assert.Equal(expected, style.Apply("red circle"));

    private static bool IsOneObject(Question task) => task.Input is { } input && !input.Contains(" and ", StringComparison.Ordinal);

    private static HashSet<Question> Draw(string kind, bool heldOut, int count) =>
        [.. Enumerable.Range(0, count).Select(row => TextTasks.OfKind(kind, new WorldRandom(heldOut ? 2 : 1, kind, row), heldOut))];
}
