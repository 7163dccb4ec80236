using Herd.Demo.Randomness;
using Herd.Demo.Words;

namespace Herd.Demo.Tasks;

/// <summary>Something that a model has to know by heart.</summary>
/// <param name="Question">The question and its answer.</param>
internal sealed record Fact(Question Question)
{
    private const uint HeldOutFacts = 4; // one in so many

    /// <summary>Kinds of facts.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [QuestionKinds.Add, QuestionKinds.Opposite, QuestionKinds.ColorOf, QuestionKinds.KindOf];

    /// <summary>All facts, kind by kind.</summary>
    public static ILookup<string, Fact> All { get; } = Sums().Concat(Opposites()).Concat(Colors()).Concat(ThingKinds())
        .Select(question => new Fact(question)).ToLookup(fact => fact.Question.Kind);

    /// <summary>The facts of a kind that may be trained as answers to instructions, or the others, which stand in plain texts alone.</summary>
    public static ILookup<(string Kind, bool HeldOut), Fact> Split { get; } =
        All.SelectMany(facts => facts).ToLookup(fact => (fact.Question.Kind, fact.IsHeldOut));

    /// <summary>Whether no training row asks it as an instruction.</summary>
    public bool IsHeldOut { get; } = StableHash.IsOneIn(Question.Instruction, HeldOutFacts);

    private static IEnumerable<Question> Sums() => Enumerable.Range(0, 100)
        .Select(pair => new Question(QuestionKinds.Add, $"What is {pair / 10} plus {pair % 10}?", null, $"{(pair / 10) + (pair % 10)}"));

    private static IEnumerable<Question> Opposites() => WorldWords.Opposites
        .SelectMany(pair => new[] { pair, (One: pair.Other, Other: pair.One) })
        .Select(pair => new Question(QuestionKinds.Opposite, $"What is the opposite of {pair.One}?", null, pair.Other));

    private static IEnumerable<Question> Colors() =>
        WorldWords.ColorsOfThings.Select(thing => new Question(QuestionKinds.ColorOf, $"What color is {thing.Thing}?", null, thing.Color));

    private static IEnumerable<Question> ThingKinds() =>
        WorldWords.KindsOfThings.Select(thing => new Question(QuestionKinds.KindOf, $"What kind of thing is a {thing.Thing}?", null, thing.Kind));
}
