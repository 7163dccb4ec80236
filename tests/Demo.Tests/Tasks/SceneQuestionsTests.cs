using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Xunit;

namespace Herd.Demo.Tests.Tasks;

/// <summary>Questions about scenes: worded exactly, and with one answer.</summary>
public sealed class SceneQuestionsTests
{
    private static readonly Scene Two = new([new SceneObject(4, "blue", "cross"), new SceneObject(0, "red", "circle")]);
    private static readonly Scene Twins = new([new SceneObject(0, "red", "circle"), new SceneObject(1, "blue", "circle")]);

    [Theory]
    [InlineData(QuestionKinds.Color, "What color is the circle?", "red")]
    [InlineData(QuestionKinds.Shape, "What shape is the red object?", "circle")]
    [InlineData(QuestionKinds.Place, "What is at the top left?", "red circle")]
    [InlineData(QuestionKinds.Place, "What is at the bottom right?", "nothing")]
    [InlineData(QuestionKinds.Where, "Where is the circle?", "top left")]
    [InlineData(QuestionKinds.Count, "How many objects are there?", "two")]
    [InlineData(QuestionKinds.YesNo, "Is there a red circle?", "yes")]
    [InlineData(QuestionKinds.YesNo, "Is there a red square?", "no")]
    [InlineData(QuestionKinds.Caption, "Generate caption of this image", "red circle top left and blue cross middle center")]
    public void OfKind_AsksAndAnswersWordForWord(string kind, string instruction, string answer) =>
        Assert.Equal(answer, Draws(Two, kind).First(question => question!.Instruction == instruction)!.Answer);

    [Theory]
    [InlineData(QuestionKinds.Color)]
    [InlineData(QuestionKinds.Where)]
    public void OfKind_WhereTwoObjectsAreMeant_IsNotAsked(string kind) => Assert.All(Draws(Twins, kind), Assert.Null);

    [Fact]
    public void OfKind_OfOneInstruction_HasOneAnswer()
    {
        for (var row = 0; row < 200; row++)
        {
            var scene = SceneDraw.Training(new WorldRandom(1, "scenes", row));
            var questions = QuestionKinds.OfScenes.SelectMany(kind => Draws(scene, kind, 30)).Where(question => question is not null);

            Assert.All(questions.GroupBy(question => question!.Instruction), group => Assert.Single(group.Select(question => question!.Answer).Distinct()));
        }
    }

    [Fact]
    public void Any_OfYesAndNo_IsEven()
    {
        var answers = Enumerable.Range(0, 2000).Select(row => SceneQuestions.OfKind(Two, QuestionKinds.YesNo, new WorldRandom(1, "yes", row))!.Answer);

        Assert.InRange(answers.Count(answer => answer == "yes"), 900, 1100);
    }

    private static IEnumerable<Question?> Draws(Scene scene, string kind, int count = 200) =>
        Enumerable.Range(0, count).Select(row => SceneQuestions.OfKind(scene, kind, new WorldRandom(1, kind, row)));
}
