using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>Plain texts that tell a scene and ask about it, or tell it in other words.</summary>
internal static class SceneRows
{
    private const float Read = 0.03f; // scenes are random: little to learn in predicting them
    private const int StyledQuestions = 4;

    private static readonly (AnswerStyle Style, string Label)[] Styles =
        [(AnswerStyle.Pirate, "pirate:"), (AnswerStyle.Json, "json:"), (AnswerStyle.Capitals, "capitals:")];

    /// <summary>A scene and six to eight questions.</summary>
    public static RowText Asked(Scene scene, WorldRandom random)
    {
        var row = Told(scene, random);
        ShortQuestionRows.Append(row, scene, random, random.Whole(6, 8), SceneQuestions.Weights);
        return row;
    }

    /// <summary>A scene and some questions, each answered as one of the styles does. No reply to an instruction looks so.</summary>
    public static RowText Styled(Scene scene, WorldRandom random)
    {
        var row = Told(scene, random);
        for (var asked = 0; asked < StyledQuestions; asked++)
        {
            var question = SceneQuestions.Any(scene, random, SceneQuestions.Weights);
            var (label, answer) = InSomeStyle(question.Answer, random);
            row.Add($"Q: {question.Instruction} {label}", 0);
            row.Add(answer, 1);
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

    /// <summary>An answer in one of the styles, and the word that says which.</summary>
    public static (string Label, string Answer) InSomeStyle(string answer, WorldRandom random)
    {
        var (style, label) = random.Pick(Styles);
        return (label, style.Apply(answer));
    }

    // Behind a new line, as in the served form, the first word is another piece than behind a space.
    private static RowText Told(Scene scene, WorldRandom random)
    {
        var row = new RowText();
        row.Add($"scene:{random.Pick([" ", "\n"])}{scene.Caption} .", Read);
        return row;
    }
}
