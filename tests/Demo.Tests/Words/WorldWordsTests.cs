using System.Text.RegularExpressions;
using Herd.Demo.Pictures;
using Herd.Demo.Rows;
using Herd.Demo.Tasks;
using Herd.Demo.Words;
using Xunit;

namespace Herd.Demo.Tests.Words;

/// <summary>The words that a tokenizer has to know whole.</summary>
public sealed class WorldWordsTests
{
    [Theory]
    [InlineData("red")]
    [InlineData("STOP")]
    [InlineData("CIRCLE")]
    [InlineData("opposite")]
    [InlineData("What")]
    [InlineData("Generate")]
    [InlineData("answer")]
    [InlineData("###")]
    public void Required_HoldsAWord(string word) => Assert.Contains(word, WorldWords.Required);

    [Fact]
    public void Required_HoldsEveryWordOfEveryRow()
    {
        var known = WorldWords.Required.ToHashSet();
        var corpus = new BaseRows(5, new BaseCorpusOptions { CurriculumRows = 1000 });
        var pictures = new PictureRows(5, new WorldPictures(5, 50), new PictureRowOptions { Rows = 1000 });
        var texts = Enumerable.Range(0, 3000).SelectMany(row => new[] { corpus.Make(row).Text, InstructionRows.Make(5, row, (AnswerStyle)(row % 4)).Text })
            .Concat(Enumerable.Range(0, 500).Select(row => pictures.Make(row * 2).Text));

        var unknown = texts.SelectMany(text => Regex.Matches(text, "[A-Za-z]+")).Select(match => match.Value).Where(word => !known.Contains(word));

        Assert.Empty(unknown.Distinct());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("\"")]
    [InlineData("[OCR expert: ")]
    [InlineData("7")]
    public void Required_OfATrainedTokenizer_AreOnePieceEachBehind(string before)
    {
        var tokenizer = WorldTokenizer.Shared;
        var alone = tokenizer.EncodeContinuation(before.TrimEnd(' ')).Length;

        Assert.All(WorldWords.Required.Where(word => char.IsLetter(word[0])), word => Assert.Equal(alone + 1, tokenizer.EncodeContinuation(before + word).Length));
    }

    [Fact]
    public void Lists_HaveTheSizesThatWereChosen() =>
        Assert.Equal((16, 16, 16, 28, 16), (WorldWords.Opposites.Count, WorldWords.ColorsOfThings.Count, WorldWords.KindsOfThings.Count, WorldWords.ListWords.Count, WorldWords.SignWords.Count));
}
