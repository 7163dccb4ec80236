using CsCheck;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Tokenization.Training;

public sealed class RequiredWordTests
{
    public static TheoryData<string> Words => [.. SmallCorpus.Required];

    [Theory]
    [MemberData(nameof(Words))]
    public void A_required_word_is_one_piece_wherever_a_word_stands(string word)
    {
        var tokenizer = SmallCorpus.Tokenizer;
        var marked = SentencePieceModel.Space + word;

        Assert.Equal([marked], tokenizer.Encode(word, bos: false).Select(id => tokenizer.Model.Pieces[id]));
        Assert.Equal([word], tokenizer.Cut(word));
        Assert.Equal(1, tokenizer.Cut($"the {word}.").Count(piece => piece == marked));
        Assert.All(["\n", "\"", "(", "7", "!!"], before => Assert.Equal(1, tokenizer.Cut($"{before}{word}!! the").Count(piece => piece == word)));
    }

    [Fact]
    public void Required_words_that_hold_each_other_are_one_piece_each() => Gen.String[Gen.OneOf('a', 'b', 'c'), 1, 9].List[1, 12].Sample(
        required =>
        {
            var tokenizer = Train(["aabbcc abcabc cba"], required);

            Assert.All(required, word => Assert.Equal([word], tokenizer.Cut(word)));
            Assert.All(required, word => Assert.Equal([SentencePieceModel.Space + word], tokenizer.Cut(" " + word)));
        },
        iter: 500);

    [Fact]
    public void Required_words_come_first()
    {
        var tokenizer = Train(["many many many words"], ["few"]);

        Assert.Equal(["ew", "few", "\u2581few"], tokenizer.Model.Pieces[259..262]);
    }

    [Fact]
    public void Required_words_may_be_marks_or_words_of_one_letter()
    {
        var tokenizer = Train(["some text"], ["a", "?!", "\":"]);

        Assert.All(["a", "?!", "\":"], word => Assert.Equal([word, SentencePieceModel.Space + word], tokenizer.Cut($"{word} {word}")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData(" before")]
    [InlineData("\u2581marked")]
    [InlineData("7")]
    [InlineData("mp3")]
    [InlineData("don't")]
    [InlineData("line\n")]
    [InlineData("broken\uD83D")]
    [InlineData("longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglong")]
    public void A_required_word_that_cannot_be_one_piece_is_refused(string word)
    {
        var error = Assert.Throws<EngineException>(() => SmallCorpus.Train(["some text"], 400, ["fine", word]));

        Assert.Equal(EngineErrorCode.InvalidRequest, error.Code);
        Assert.Contains($"'{word}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A model of the size that the words need.</summary>
    private static SentencePieceTokenizer Train(string[] texts, IReadOnlyCollection<string> required)
    {
        var error = Assert.Throws<EngineException>(() => SmallCorpus.Train(texts, 0, required));
        var size = int.Parse(error.Message.Split("expected at least ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        return SmallCorpus.Load(SmallCorpus.Train(texts, size, required));
    }
}
