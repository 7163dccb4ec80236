using System.Text.RegularExpressions;
using Herd.Demo.Pictures;
using Herd.Demo.Rows;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Herd.Demo.Words;
using Xunit;

namespace Herd.Demo.Tests.Rows;

/// <summary>Nothing that tests hold out stands in any training row.</summary>
public sealed partial class LeakageTests
{
    private const int Rows = 12_000;

    private static readonly string[] Texts = [.. AllTexts()];

    [Fact]
    public void Rows_HoldNoUnseenPairOfColorAndShape()
    {
        var pairs = UnseenPairs.All.Select(pair => $"{pair.Color} {pair.Shape}").ToArray();

        Assert.DoesNotContain(Texts, text => pairs.Any(pair => text.Contains(pair, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void Rows_TellNoHeldOutScene()
    {
        var scenes = Texts.SelectMany(text => Caption().Matches(text)).Select(match => Read(match.Value.ToLowerInvariant())).ToArray();

        Assert.True(scenes.Count(scene => scene.Objects.Count > 1) > Rows / 2);
        Assert.DoesNotContain(scenes, scene => scene.IsHeldOut);
    }

    [Fact]
    public void Rows_AskNoHeldOutFactAsAnInstruction()
    {
        var facts = Fact.All.SelectMany(group => group).Where(fact => fact.IsHeldOut).Select(fact => $"### Instruction:\n{fact.Question.Instruction}\n").ToArray();

        Assert.NotEmpty(facts);
        Assert.DoesNotContain(Texts, text => facts.Any(fact => text.Contains(fact, StringComparison.Ordinal)));
    }

    [Fact]
    public void BaseRows_TellHeldOutFactsAsPlainText()
    {
        var rows = new BaseRows(1, new BaseCorpusOptions());
        var plain = string.Join('\n', Enumerable.Range(6000, 6000).Select(row => rows.Make(row).Text));

        Assert.All(Fact.All.SelectMany(group => group), fact => Assert.Contains(fact.Question.Instruction, plain, StringComparison.Ordinal));
    }

    private static IEnumerable<string> AllTexts()
    {
        var corpus = new BaseRows(1, new BaseCorpusOptions { CurriculumRows = Rows / 4 });
        var pictures = new PictureRows(1, new WorldPictures(1, 500), new PictureRowOptions { Rows = Rows / 8 });
        for (var row = 0; row < Rows; row++)
        {
            yield return corpus.Make(row).Text;
            yield return InstructionRows.Make(1, row, (AnswerStyle)(row % 4)).Text;
            if (row < Rows / 4)
            {
                yield return pictures.Make(row).Text;
            }
        }
    }

    private static Scene Read(string caption) => new(Thing().Matches(caption)
        .Select(match => new SceneObject(WorldWords.Places.ToList().IndexOf(match.Groups[3].Value), match.Groups[1].Value, match.Groups[2].Value)));

    [GeneratedRegex("(?:(?:red|green|blue|yellow|white|black) (?:circle|square|triangle|cross) (?:top|middle|bottom) (?:left|center|right)(?:, | and )?)+", RegexOptions.IgnoreCase)]
    private static partial Regex Caption();

    [GeneratedRegex("([a-z]+) ([a-z]+) ([a-z]+ [a-z]+)(?:, | and |$)")]
    private static partial Regex Thing();
}
