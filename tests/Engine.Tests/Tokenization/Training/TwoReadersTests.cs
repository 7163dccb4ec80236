using CsCheck;
using Xunit;
using OtherReader = Microsoft.ML.Tokenizers.LlamaTokenizer;

namespace Herd.Engine.Tests.Tokenization.Training;

/// <summary>A learned model gives the same ids in our reader and in Microsoft.ML.Tokenizers.</summary>
public sealed class TwoReadersTests
{
    private static readonly OtherReader Other = OtherReader.Create(new MemoryStream(SmallCorpus.Model));

    private static readonly Gen<string> Fragments = Gen.Frequency(
        (6, Gen.OneOf(SmallCorpus.Words)),
        (3, Gen.OneOf(SmallCorpus.Required)),
        (6, Gen.Const(" ")),
        (4, Gen.OneOf("\n", "\t", "\"", "\": {\"", "!!", "...", "  ", "'", "12", "7", "<s>", "</s>", "<0x41>", "\u2581", "e\u0301")),
        (2, Gen.OneOf("\U0001F600", "\U0001F44D", "\u4E2D", "\uFFFD")),
        (3, Gen.Select(Gen.OneOf('e', 'l', 'o', 's', 'a', '!', '.', '"', ' ', '\n'), Gen.Int[2, 7], (letter, count) => new string(letter, count))),
        (3, Gen.String[Gen.OneOf([.. "aelnoprst1 "]), 1, 12]),
        (2, Gen.String[Gen.Char, 1, 4].Select(text => string.Concat(text.EnumerateRunes()))));

    private static readonly Gen<string> Texts = Fragments.List[0, 20].Select(string.Concat);

    [Fact]
    public void Encode_any_text_gives_the_same_ids_in_both() =>
        Texts.Sample(text => Assert.Equal(SmallCorpus.Tokenizer.Encode(text, bos: true), text.Length == 0 ? [1] : Other.EncodeToIds(text)), iter: 5000);

    [Fact]
    public void Decode_restores_any_text() => Texts.Sample(text =>
    {
        var tokenizer = SmallCorpus.Tokenizer;
        Assert.Equal(text.Replace('\u2581', ' '), tokenizer.Decode(tokenizer.Encode(text, bos: true, eos: true)));
    });

    [Fact]
    public void Encode_the_corpus_gives_the_same_ids_in_both() =>
        Assert.All(SmallCorpus.Texts, text => Assert.Equal(SmallCorpus.Tokenizer.Encode(text, bos: true), Other.EncodeToIds(text)));

    [Fact]
    public void The_file_has_the_settings_of_LLaMA()
    {
        Assert.Equal((0, 1, 2), (Other.UnknownId, Other.BeginningOfSentenceId, Other.EndOfSentenceId));
        Assert.Equal(("<unk>", "<s>", "</s>"), (Other.UnknownToken, Other.BeginningOfSentenceToken, Other.EndOfSentenceToken));
        Assert.True(Other is { AddDummyPrefix: true, EscapeWhiteSpaces: true, ByteFallback: true, TreatWhitespaceAsSuffix: false });
        Assert.Equal(410, Other.Vocabulary.Count);
    }
}
