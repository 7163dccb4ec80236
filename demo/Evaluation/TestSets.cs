using Herd.Demo.Pictures;
using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Herd.Engine.Experts;

namespace Herd.Demo.Evaluation;

/// <summary>Questions that no training row asks, and pictures that none has. Seed and size decide them.</summary>
public static class TestSets
{
    private const double MostWear = 0.9;

    private static readonly int[] Counts = [2, 3, 3, 1];

    /// <summary>Questions of every kind under pictures of held-out scenes; scenes of one object are new drawings.</summary>
    /// <param name="seed">The test's seed.</param>
    /// <param name="pictures">Number of pictures; each has at most one question of a kind.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<TestCase> Pictures(long seed, int pictures) =>
    [
        .. Draw(seed, "test pictures", pictures, (random, number) => SceneDraw.HeldOut(random, Counts[number % Counts.Length]))
            .SelectMany(drawn => QuestionKinds.OfScenes.Append(QuestionKinds.Caption)
                .Select(kind => SceneQuestions.OfKind(drawn.Picture.Scene, kind, drawn.Random)).OfType<Question>()
                .Select(question => new TestCase(question.Kind, question, drawn.Picture))),
    ];

    /// <summary>Questions about objects whose pair of colour and shape no training row and no training picture has.</summary>
    /// <param name="seed">The test's seed.</param>
    /// <param name="pictures">Number of pictures.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<TestCase> UnseenPictures(long seed, int pictures) =>
    [
        .. Draw(seed, "unseen pictures", pictures, (random, number) => SceneDraw.Unseen(random, Counts[number % Counts.Length]))
            .SelectMany(drawn => OfUnseen(drawn.Picture.Scene, drawn.Random).Select(question => new TestCase($"{question.Kind} unseen", question, drawn.Picture))),
    ];

    /// <summary>Held-out instructions of every kind, each once, and as many facts again that training rows do ask.</summary>
    /// <param name="seed">The test's seed.</param>
    /// <param name="perKind">Most of a kind; there are fewer where fewer are held out.</param>
    /// <param name="style">The form in which answers are expected.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<TestCase> Instructions(long seed, int perKind, AnswerStyle style = AnswerStyle.Plain) =>
    [
        .. QuestionKinds.OfText.SelectMany(kind => Distinct(seed, kind, perKind, heldOut: true).Select(question => new TestCase(kind, question, null) { Style = style })),
        .. Fact.Kinds.SelectMany(kind => Distinct(seed, kind, perKind, heldOut: false).Select(question => new TestCase($"{kind} seen", question, null) { Style = style })),
    ];

    /// <summary>Signs with words that no training row reads, drawn; only who is told what stands on them can say it.</summary>
    /// <param name="seed">The test's seed.</param>
    /// <param name="count">Number of signs.</param>
    /// <param name="read">Whether they are read by the expert for words.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<TestCase> Signs(long seed, int count, bool read) =>
    [
        .. Distinct(seed, QuestionKinds.Sign, count, heldOut: true).Select(question =>
            new TestCase(read ? "sign read by ocr" : "sign not read", question with { Input = null }, null)
            {
                Sign = SignPicture.Draw(SignPicture.Clear, question.Answer), Experts = read ? ["ocr"] : [],
            }),
    ];

    /// <summary>Signs from clear to hardly legible, with words that no training row reads.</summary>
    /// <param name="seed">The test's seed.</param>
    /// <param name="count">Number of signs.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<TestCase> WornSigns(long seed, int count) =>
    [
        .. Enumerable.Range(0, count).Select(number =>
        {
            var random = new WorldRandom(seed, "worn signs", number);
            var question = TextTasks.OfKind(QuestionKinds.Sign, random, heldOut: true) with { Input = null };
            return new TestCase("worn sign", question, null) { Sign = SignPicture.DrawWorn(SignPicture.Clear / 2, MostWear * number / count, random, question.Answer) };
        }),
    ];

    /// <summary>The same questions while the captioning expert says something.</summary>
    /// <param name="cases">Cases with pictures, of more than one scene.</param>
    /// <param name="condition">What it says.</param>
    /// <returns>The cases, counted by kind and condition.</returns>
    public static IReadOnlyList<TestCase> WithExpert(IReadOnlyList<TestCase> cases, ExpertCondition condition)
    {
        ArgumentNullException.ThrowIfNull(cases);
        return [.. cases.Select((test, index) => test with
        {
            Group = $"{test.Group}, expert {condition.ToString().ToLowerInvariant()}",
            Question = test.Question with { Input = Said(cases, index, condition) is { } caption ? ExpertText.Line("Caption", caption) : null },
        })];
    }

    private static string? Said(IReadOnlyList<TestCase> cases, int index, ExpertCondition condition) => condition switch
    {
        ExpertCondition.Missing => null,
        ExpertCondition.Right => cases[index].Picture?.Scene.Caption,
        _ => WrongPictures.For(cases, index)?.Scene.Caption,
    };

    private static IEnumerable<(WorldPicture Picture, WorldRandom Random)> Draw(long seed, string stream, int pictures, Func<WorldRandom, int, Scene> scene)
    {
        for (var number = 0; number < pictures; number++)
        {
            var random = new WorldRandom(seed, stream, number);
            yield return (new WorldPicture($"{stream} {seed} {number}", scene(random, number), random), random);
        }
    }

    private static IEnumerable<Question> OfUnseen(Scene scene, WorldRandom random)
    {
        var unseen = scene.Objects.Single(thing => UnseenPairs.Contains(thing.Color, thing.Shape));
        var questions = SceneQuestions.About(scene, unseen).Append(SceneQuestions.OfKind(scene, QuestionKinds.Caption, random)!);
        return random.Chance(0.5) ? questions : questions.Where(question => question.Kind != QuestionKinds.YesNo).Append(SceneQuestions.IsThereNot(scene, random));
    }

    private static IEnumerable<Question> Distinct(long seed, string kind, int count, bool heldOut)
    {
        const int DrawsPerCase = 50; // enough to meet each of some dozen facts
        var draws = Enumerable.Range(0, count * DrawsPerCase).Select(row => TextTasks.OfKind(kind, new WorldRandom(seed, $"test {kind} {heldOut}", row), heldOut));
        return draws.DistinctBy(question => (question.Instruction, question.Input)).Take(count);
    }
}
