using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>Plain texts that tell a scene and ask about it, or tell it in other words.</summary>
internal static class SceneRows
{
    private const float Read = 0.03f; // scenes are random: little to learn in predicting them
    private const int StyledQuestions = 4;

    /// <summary>A scene and six to eight questions.</summary>
    public static RowText Asked(Scene scene, WorldRandom random)
    {
        var row = Told(scene, random);
        ShortQuestionRows.Append(row, scene, random, random.Whole(6, 8), SceneQuestions.Weights);
        return row;
    }

    /// <summary>A scene and some questions, each answered in one of the forms that tenants have.</summary>
    public static RowText Styled(Scene scene, WorldRandom random)
    {
        var row = Told(scene, random);
        for (var asked = 0; asked < StyledQuestions; asked++)
        {
            var question = SceneQuestions.Any(scene, random, SceneQuestions.Weights);
            StyledAnswers.Append(row, question.Instruction, question.Answer, readWeight: 0, random);
        }

        return row;
    }

    /// <summary>A scene by its objects and by its places, one made from the other.</summary>
    public static RowText Rewritten(Scene scene, WorldRandom random)
    {
        var row = new RowText();
        var list = string.Join("; ", scene.Objects.Select(thing => $"{thing.Place} {thing.Name}"));
        var (read, written) = random.Chance(0.5) ? ($"scene: {scene.Caption} . list:", list) : ($"list: {list} . scene:", scene.Caption);
        row.Add(read, Read);
        row.Add(written, 1);
        return row;
    }

    // Behind a new line, as in the served form, the first word is another piece than behind a space.
    private static RowText Told(Scene scene, WorldRandom random)
    {
        var row = new RowText();
        row.Add($"scene:{random.Pick([" ", "\n"])}{scene.Caption} .", Read);
        return row;
    }
}
