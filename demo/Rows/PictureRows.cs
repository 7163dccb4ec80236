using Herd.Demo.Pictures;
using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>Questions and captions under pictures.</summary>
/// <param name="seed">The run's seed.</param>
/// <param name="pictures">The pictures.</param>
/// <param name="options">What is asked.</param>
internal sealed class PictureRows(long seed, WorldPictures pictures, PictureRowOptions options)
{
    private const int ShortQuestions = 6;
    private const int MostTurns = 4;

    // A row in the served form has one short answer; by token it would vanish beside rows of six and beside captions.
    private const float ServedAnswer = 5;
    private const float CaptionAnswer = 2;

    /// <summary>A row of which only answers are learned.</summary>
    public RowText Make(long row)
    {
        var random = new WorldRandom(seed, "picture rows", row);
        var picture = pictures[random.Below(pictures.Count)];
        var progress = Math.Min(1, row / (double)Math.Max(1, options.Rows));
        if (random.Chance(Between(options.ShortShare, options.LastShortShare, progress)))
        {
            return Short(picture, random);
        }

        if (random.Chance(options.SignShare))
        {
            return Served([TextTasks.OfKind(QuestionKinds.Sign, random, heldOut: false)], picture, ServedAnswer);
        }

        var (turns, weight) = random.Chance(Between(options.CaptionShare, options.LastCaptionShare, progress))
            ? ([SceneQuestions.OfKind(picture.Scene, QuestionKinds.Caption, random)!], CaptionAnswer)
            : (Several(picture.Scene, random), ServedAnswer);
        if (random.Chance(options.ToldShare))
        {
            turns[0] = turns[0] with { Input = TextTasks.CaptionLine(picture.Scene) };
        }

        return Served(turns, picture, weight);
    }

    // A dialogue about one picture; what was said already is not asked again, since then the picture need not be looked at.
    private Question[] Several(Scene scene, WorldRandom random) =>
    [
        .. Enumerable.Range(0, random.Whole(1, MostTurns)).Select(_ => SceneQuestions.Any(scene, random, options.Kinds)).DistinctBy(question => question.Instruction),
    ];

    private static double Between(double first, double last, double progress) => first + ((last - first) * progress);

    private RowText Served(IReadOnlyList<Question> turns, WorldPicture picture, float answerWeight) =>
        InstructionRows.Served(turns, options.Style, promptWeight: 0, answerWeight, picture.ToTraining());

    private RowText Short(WorldPicture picture, WorldRandom random)
    {
        var row = new RowText { Picture = picture.ToTraining() };
        ShortQuestionRows.Append(row, picture.Scene, random, ShortQuestions, options.Kinds);
        return row;
    }
}
