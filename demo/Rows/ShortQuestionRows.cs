using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>Many questions about one scene in a row, each in a few words: much to learn from few tokens.</summary>
internal static class ShortQuestionRows
{
    private const float Separator = 0.3f;

    /// <summary>Appends questions with answers, all of them as questions or all of them terse.</summary>
    public static void Append(RowText row, Scene scene, WorldRandom random, int count, IReadOnlyList<(string Kind, double Weight)> kinds)
    {
        var terse = random.Chance(0.5);
        for (var asked = 0; asked < count; asked++)
        {
            var question = SceneQuestions.Any(scene, random, kinds);
            row.Add(terse ? question.Terse! : $"Q: {question.Instruction} A:", 0);
            row.Add(question.Answer, 1);
            row.Add(terse ? ";" : ".", Separator);
        }
    }
}
