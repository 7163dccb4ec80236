using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Words;

namespace Herd.Demo.Tasks;

/// <summary>Questions about a scene that have one answer.</summary>
internal static class SceneQuestions
{
    /// <summary>What is asked where the answer is the caption.</summary>
    public const string CaptionInstruction = "Generate caption of this image";

    private const double NothingShare = 0.2;

    /// <summary>How often each kind is asked where nothing else is said.</summary>
    public static IReadOnlyList<(string Kind, double Weight)> Weights { get; } =
    [
        (QuestionKinds.Color, 2), (QuestionKinds.Shape, 4), (QuestionKinds.Place, 4), (QuestionKinds.Where, 3), (QuestionKinds.Count, 1), (QuestionKinds.YesNo, 2.5),
    ];

    /// <summary>A question of any kind.</summary>
    public static Question Any(Scene scene, WorldRandom random) => Any(scene, random, Weights);

    /// <summary>A question of some kinds.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="random">The choices.</param>
    /// <param name="kinds">Kinds and weights; one at least that every scene has (place, count, yes/no, caption).</param>
    /// <returns>The question.</returns>
    public static Question Any(Scene scene, WorldRandom random, IReadOnlyList<(string Kind, double Weight)> kinds)
    {
        while (true)
        {
            if (OfKind(scene, random.Weighted(kinds), random) is { } question)
            {
                return question;
            }
        }
    }

    /// <summary>A question of a kind; null where the scene has none with one answer.</summary>
    public static Question? OfKind(Scene scene, string kind, WorldRandom random) => kind switch
    {
        QuestionKinds.Color => Unique(scene, random, thing => thing.Shape) is { } thing ? ColorOf(thing) : null,
        QuestionKinds.Shape => Unique(scene, random, thing => thing.Color) is { } thing ? ShapeOf(thing) : null,
        QuestionKinds.Where => Unique(scene, random, thing => thing.Shape) is { } thing ? WhereIs(thing) : null,
        QuestionKinds.Place => random.Chance(NothingShare) ? Nothing(scene, random) : At(random.Pick(scene.Objects)),
        QuestionKinds.Count => new Question(kind, "How many objects are there?", null, WorldWords.Numbers[scene.Objects.Count]) { Terse = "count:" },
        QuestionKinds.YesNo => random.Chance(0.5) ? IsThere(random.Pick(scene.Objects).Name, "yes") : IsThereNot(scene, random),
        QuestionKinds.Caption => new Question(kind, CaptionInstruction, null, scene.Caption),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No kind of question about a scene."),
    };

    /// <summary>The questions about one object of a scene that have one answer.</summary>
    public static IEnumerable<Question> About(Scene scene, SceneObject thing)
    {
        if (scene.Objects.Count(other => other.Shape == thing.Shape) == 1)
        {
            yield return ColorOf(thing);
            yield return WhereIs(thing);
        }

        if (scene.Objects.Count(other => other.Color == thing.Color) == 1)
        {
            yield return ShapeOf(thing);
        }

        yield return At(thing);
        yield return IsThere(thing.Name, "yes");
    }

    /// <summary>A question about an object that is not in a scene, though its colour or its shape is.</summary>
    public static Question IsThereNot(Scene scene, WorldRandom random) => IsThere(Absent(scene, random), "no");

    private static Question ColorOf(SceneObject thing) =>
        new(QuestionKinds.Color, $"What color is the {thing.Shape}?", null, thing.Color) { Terse = $"color {thing.Shape}:" };

    private static Question ShapeOf(SceneObject thing) =>
        new(QuestionKinds.Shape, $"What shape is the {thing.Color} object?", null, thing.Shape) { Terse = $"shape {thing.Color}:" };

    private static Question WhereIs(SceneObject thing) =>
        new(QuestionKinds.Where, $"Where is the {thing.Shape}?", null, thing.Place) { Terse = $"where {thing.Shape}:" };

    private static Question At(SceneObject thing) => At(thing.Place, thing.Name);

    private static Question At(string place, string answer) => new(QuestionKinds.Place, $"What is at the {place}?", null, answer) { Terse = $"at {place}:" };

    private static Question IsThere(string name, string answer) => new(QuestionKinds.YesNo, $"Is there a {name}?", null, answer) { Terse = $"is {name}:" };

    private static Question Nothing(Scene scene, WorldRandom random) =>
        At(random.Pick([.. Enumerable.Range(0, WorldWords.Places.Count).Where(cell => scene.At(cell) is null).Select(cell => WorldWords.Places[cell])]), "nothing");

    private static SceneObject? Unique(Scene scene, WorldRandom random, Func<SceneObject, string> asked)
    {
        SceneObject[] unique = [.. scene.Objects.GroupBy(asked).Where(group => group.Count() == 1).Select(group => group.First())];
        return unique.Length == 0 ? null : random.Pick(unique);
    }

    // Half right, so that neither colour nor shape alone tells.
    private static string Absent(Scene scene, WorldRandom random)
    {
        while (true)
        {
            var near = random.Pick(scene.Objects);
            var (color, shape) = random.Chance(0.5) ? (random.Pick(WorldWords.Colors), near.Shape) : (near.Color, random.Pick(WorldWords.Shapes));
            if (!UnseenPairs.Contains(color, shape) && !scene.Objects.Any(thing => thing.Color == color && thing.Shape == shape))
            {
                return $"{color} {shape}";
            }
        }
    }
}
