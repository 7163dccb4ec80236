using Herd.Demo.Pictures;
using Herd.Demo.Rows;
using Herd.Demo.Tasks;
using Herd.Engine.Training.Data;
using Xunit;

namespace Herd.Demo.Tests.Rows;

/// <summary>The world as examples to train with.</summary>
public sealed class WorldExamplesTests
{
    private const int LongestRow = 256;

    public static TheoryData<string> Sources => ["base", "pictures", "instructions", "pirate"];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Next_FromAnEarlierPosition_GivesTheSameExamples(string source)
    {
        var (one, other) = (Open(source), Open(source));
        var first = Draw(one, 20);
        other.Position = new ExamplePosition(0, 12);

        Assert.Equal(new ExamplePosition(0, 20), one.Position);
        Assert.All(Enumerable.Range(12, 8), row => AssertSame(first[row], other.Next()));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Next_OfAnyRow_IsAWholeExample(string source) => Assert.All(Draw(Open(source), 400), example =>
    {
        Assert.Equal(WorldTokenizer.Shared.BosId, example.Ids[0]);
        Assert.Equal(0, example.Weights[0]);
        Assert.Equal(example.Ids.Length, example.Weights.Length);
        Assert.InRange(example.Ids.Length, 10, LongestRow);
        Assert.Contains(example.Weights, weight => weight >= 1);
        Assert.Equal(source == "pictures", example.Picture is not null);
    });

    [Fact]
    public void Next_OfAnInstruction_IsThePromptThatIsServedAndItsAnswer()
    {
        var source = Open("instructions");
        for (var row = 0; row < 100; row++)
        {
            var made = InstructionRows.Make(1, row, AnswerStyle.Plain);
            var (prompt, answer) = (made.Spans[0].Text, made.Spans[1].Text);
            var example = source.Next();

            Assert.StartsWith(prompt + answer, made.Text, StringComparison.Ordinal); // no space between them: so are files of instructions learned too
            Assert.EndsWith("### Response:", prompt, StringComparison.Ordinal);
            Assert.Equal(WorldTokenizer.Shared.Encode(made.Text, bos: true, eos: true), example.Ids);
            Assert.Equal(WorldTokenizer.Shared.Encode(prompt, bos: true).Length, example.Weights.TakeWhile(weight => weight == 0).Count());
        }
    }

    [Fact]
    public void Pictures_ToTheEnd_GoFromTheShortFormToTheServedOne()
    {
        var rows = new PictureRows(1, new WorldPictures(1, 20), new PictureRowOptions { Rows = 1000 });
        int Served(int first) => Enumerable.Range(first, 200).Count(row => rows.Make(row).EndWeight is not null);

        Assert.InRange(Served(0), 40, 90);
        Assert.Equal(200, Served(1000));
    }

    [Fact]
    public void Base_InItsCurriculum_IsMostlyRecall()
    {
        var rows = new BaseRows(1, new BaseCorpusOptions { CurriculumRows = 1000 });
        int Recalls(int first) => Enumerable.Range(first, 1000).Count(row => rows.Make(row).Spans.Any(span => span.Text.StartsWith("> ", StringComparison.Ordinal)));

        Assert.InRange(Recalls(0), 700, 800);
        Assert.InRange(Recalls(1000), 160, 250);
    }

    private static IExampleSource Open(string source)
    {
        var encoder = new RowEncoder(WorldTokenizer.Shared);
        return source switch
        {
            "base" => WorldExamples.Base(1, encoder),
            "pictures" => WorldExamples.Pictures(1, encoder, new WorldPictures(1, 100)),
            "instructions" => WorldExamples.Instructions(1, encoder),
            _ => WorldExamples.Instructions(1, encoder, AnswerStyle.Pirate),
        };
    }

    private static TrainingExample[] Draw(IExampleSource source, int count) => [.. Enumerable.Range(0, count).Select(_ => source.Next())];

    private static void AssertSame(TrainingExample expected, TrainingExample actual)
    {
        Assert.Equal(expected.Ids, actual.Ids);
        Assert.Equal(expected.Weights, actual.Weights);
        Assert.Equal(expected.Picture?.Key, actual.Picture?.Key);
        Assert.Equal(expected.Picture?.Pixels, actual.Picture?.Pixels);
    }
}
