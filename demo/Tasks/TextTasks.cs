using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Words;
using Herd.Engine.Experts;

namespace Herd.Demo.Tasks;

/// <summary>Instructions that need no picture.</summary>
internal static class TextTasks
{
    private const uint HeldOutContents = 4; // one in so many lists, signs and words
    private const double OtherSigns = 0.3;

    private static readonly (string Kind, double Weight)[] Weights =
    [
        (QuestionKinds.Add, 4), (QuestionKinds.Opposite, 3), (QuestionKinds.ColorOf, 1.5), (QuestionKinds.KindOf, 1.5), (QuestionKinds.First, 2.5), (QuestionKinds.Last, 2.5),
        (QuestionKinds.SceneText, 6), (QuestionKinds.Capitals, 3), (QuestionKinds.Sign, 2), (QuestionKinds.CaptionExpert, 3),
    ];

    /// <summary>A task of any kind.</summary>
    public static Question Any(WorldRandom random, bool heldOut) => OfKind(random.Weighted(Weights), random, heldOut);

    /// <summary>A task of a kind.</summary>
    /// <param name="kind">One of <see cref="QuestionKinds.OfText"/>.</param>
    /// <param name="random">The choices.</param>
    /// <param name="heldOut">Whether it is one that no training row asks; otherwise one that may be trained.</param>
    /// <returns>The task.</returns>
    public static Question OfKind(string kind, WorldRandom random, bool heldOut) => kind switch
    {
        QuestionKinds.First or QuestionKinds.Last => List(kind, random, heldOut),
        QuestionKinds.SceneText => About(SceneOf(random, heldOut), kind, random, input: null),
        QuestionKinds.CaptionExpert => Told(SceneOf(random, heldOut), random),
        QuestionKinds.Capitals => Capitals(random, heldOut),
        QuestionKinds.Sign => Sign(random, heldOut),
        _ => random.Pick([.. Fact.Split[(kind, heldOut)]]).Question,
    };

    /// <summary>A question about a scene of which an expert says what it shows.</summary>
    public static Question Told(Scene scene, WorldRandom random) => About(scene, QuestionKinds.CaptionExpert, random, CaptionLine(scene));

    /// <summary>What an expert for captions says of a scene.</summary>
    public static string CaptionLine(Scene scene) => ExpertText.Line("Caption", scene.Caption);

    /// <summary>Different questions about one scene, which the input of the first one tells, as a text or as an expert does.</summary>
    public static IReadOnlyList<Question> AboutOneScene(Scene scene, WorldRandom random, int most)
    {
        var first = random.Chance(0.5) ? Told(scene, random) : About(scene, QuestionKinds.SceneText, random, input: null);
        return [first, .. Enumerable.Range(1, most - 1).Select(_ => About(scene, first.Kind, random, input: null) with { Input = null }).DistinctBy(question => question.Instruction).Where(question => question.Instruction != first.Instruction)];
    }

    private static (string Instruction, string List, string Answer) AnyList(string kind, WorldRandom random)
    {
        var words = random.Sample(WorldWords.ListWords, random.Whole(2, 5));
        return ($"Give the {kind} word of the list.", string.Join(", ", words), kind == QuestionKinds.First ? words[0] : words[^1]);
    }

    private static Question List(string kind, WorldRandom random, bool heldOut)
    {
        var list = Until(() => AnyList(kind, random), drawn => drawn.List, heldOut);
        return new Question(kind, list.Instruction, list.List, list.Answer);
    }

    private static Question About(Scene scene, string kind, WorldRandom random, string? input) =>
        SceneQuestions.Any(scene, random) with { Kind = kind, Input = input ?? scene.Caption, Terse = null };

    private static Question Capitals(WorldRandom random, bool heldOut)
    {
        var text = random.Chance(0.5)
            ? SceneOf(random, heldOut, random.Whole(1, 2)).Caption
            : Until(() => random.Pick(WorldWords.Content), word => $"{QuestionKinds.Capitals} {word}", heldOut);
        return new Question(QuestionKinds.Capitals, "Write in capital letters.", text, WorldWords.Capitals(text));
    }

    private static Question Sign(WorldRandom random, bool heldOut)
    {
        var text = Until(() => SignText(random, heldOut), sign => sign, heldOut);
        return new Question(QuestionKinds.Sign, "What does the sign say?", ExpertText.Line("OCR", text), text);
    }

    // Reading a sign is copying: training signs hold other words too, so that not the words of signs are learned by heart.
    private static string SignText(WorldRandom random, bool heldOut)
    {
        string Word() => !heldOut && random.Chance(OtherSigns) ? WorldWords.Capitals(random.Pick(WorldWords.Content)) : random.Pick(WorldWords.SignWords);
        while (true)
        {
            var text = random.Chance(0.5) ? Word() : $"{Word()} {Word()}";
            if (!UnseenPairs.All.Any(pair => text == WorldWords.Capitals($"{pair.Color} {pair.Shape}")))
            {
                return text;
            }
        }
    }

    private static Scene SceneOf(WorldRandom random, bool heldOut, int? count = null) =>
        heldOut ? SceneDraw.HeldOut(random, count) : SceneDraw.Training(random, count);

    private static T Until<T>(Func<T> draw, Func<T, string> key, bool heldOut)
    {
        while (true)
        {
            var drawn = draw();
            if (StableHash.IsOneIn(key(drawn), HeldOutContents) == heldOut)
            {
                return drawn;
            }
        }
    }
}
