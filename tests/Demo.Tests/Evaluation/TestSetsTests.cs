using Herd.Demo.Evaluation;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Xunit;

namespace Herd.Demo.Tests.Evaluation;

/// <summary>Test sets hold nothing that is trained on.</summary>
public sealed class TestSetsTests
{
    [Fact]
    public void Pictures_AreOfHeldOutScenesAndKnownPairs()
    {
        var cases = TestSets.Pictures(9, 200);

        Assert.All(cases, test => Assert.True(!test.Picture!.Scene.HasUnseenPair && (test.Picture.Scene.IsHeldOut || test.Picture.Scene.Objects.Count == 1)));
        Assert.Equal(QuestionKinds.OfScenes.Append(QuestionKinds.Caption).Order(), cases.Select(test => test.Group).Distinct().Order());
        Assert.All(cases.CountBy(test => test.Group), group => Assert.InRange(group.Value, 100, 200));
    }

    [Fact]
    public void Signs_AreReadOrNot_AndNeverToldBeforehand()
    {
        var (read, unread) = (TestSets.Signs(9, 20, read: true), TestSets.Signs(9, 20, read: false));

        Assert.Equal(read.Select(test => test.Expected), unread.Select(test => test.Expected));
        Assert.Equal(20, read.Select(test => test.Expected).Distinct().Count());
        Assert.All(read, test => Assert.Equal((null, "ocr"), (test.Question.Input, Assert.Single(test.Ask(null).Experts))));
        Assert.All(unread, test => Assert.Empty(test.Ask(null).Experts));
        Assert.All(read.Concat(unread), test => Assert.NotEmpty(test.Ask(null).Picture!));
    }

    [Fact]
    public void UnseenPictures_AskAboutTheUnseenObject()
    {
        var cases = TestSets.UnseenPictures(9, 100);

        Assert.All(cases, test => Assert.Single(test.Picture!.Scene.Objects, thing => UnseenPairs.Contains(thing.Color, thing.Shape)));
        Assert.All(cases.Where(test => test.Group == "place unseen"), test => Assert.Contains(UnseenPairs.All, pair => test.Expected == $"{pair.Color} {pair.Shape}"));
        Assert.InRange(cases.Count(test => test is { Group: "yesno unseen", Expected: "yes" }), 30, 70);
    }

    [Fact]
    public void Instructions_AreHeldOutAndDifferent()
    {
        var cases = TestSets.Instructions(9, 40);
        var facts = Fact.All.SelectMany(group => group).ToDictionary(fact => fact.Question, fact => fact.IsHeldOut);

        Assert.Equal(cases.Count, cases.DistinctBy(test => (test.Group, test.Question)).Count());
        Assert.All(cases.Where(test => facts.ContainsKey(test.Question)), test => Assert.Equal(!test.Group.EndsWith(" seen", StringComparison.Ordinal), facts[test.Question]));
        Assert.Superset(QuestionKinds.OfText.ToHashSet(), cases.Select(test => test.Group).ToHashSet());
    }

    [Fact]
    public void Instructions_InAStyle_ExpectIt() =>
        Assert.All(TestSets.Instructions(9, 5, AnswerStyle.Json), test => Assert.StartsWith("{\"answer\": \"", test.Expected, StringComparison.Ordinal));

    [Fact]
    public void Sets_OfTheSameSeed_AreTheSame()
    {
        string[] Draw(long seed) => [.. TestSets.Pictures(seed, 10).Select(test => test.Question + Convert.ToHexString([.. test.Picture!.Rgb]))];

        Assert.Equal(Draw(3), Draw(3));
        Assert.NotEqual(Draw(3), Draw(4));
    }

    [Fact]
    public void WithExpert_SaysTheTruthAnotherScenesOrNothing()
    {
        var cases = TestSets.Pictures(9, 20);

        Assert.All(TestSets.WithExpert(cases, ExpertCondition.Right), test => Assert.Equal($"[Caption expert: {test.Picture!.Scene.Caption}]", test.Question.Input));
        Assert.All(TestSets.WithExpert(cases, ExpertCondition.Missing), test => Assert.Null(test.Question.Input));
        Assert.All(TestSets.WithExpert(cases, ExpertCondition.Wrong), test =>
        {
            Assert.StartsWith("[Caption expert: ", test.Question.Input!, StringComparison.Ordinal);
            Assert.NotEqual($"[Caption expert: {test.Picture!.Scene.Caption}]", test.Question.Input);
        });
    }
}
