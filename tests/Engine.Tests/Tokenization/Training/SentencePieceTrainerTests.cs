using System.Text;
using CsCheck;
using Herd.Engine.Tokenization;
using Herd.Engine.Tokenization.Training;
using Xunit;

namespace Herd.Engine.Tests.Tokenization.Training;

public sealed class SentencePieceTrainerTests
{
    private const char Space = SentencePieceModel.Space;

    [Fact]
    public void Train_joins_the_most_frequent_neighbours_first()
    {
        var tokenizer = SmallCorpus.Load(SmallCorpus.Train(["ab ab ab", "ac 77"], 267));

        Assert.Equal(["\u2581a", "\u2581ab", "\u2581ac", "\u2581", "a", "b", "7", "c"], tokenizer.Model.Pieces[259..267]);
    }

    [Fact]
    public void Train_the_same_texts_in_any_order_gives_the_same_bytes() => Gen.Shuffle(SmallCorpus.Texts).Sample(
        texts => Assert.Equal(SmallCorpus.Model, SmallCorpus.Train(texts, 410, SmallCorpus.Required.Reverse())),
        iter: 10);

    [Fact]
    public void Pieces_are_unknown_controls_bytes_and_pieces_with_falling_scores_and_no_pad()
    {
        var pieces = SentencePieceFile.Parse(SmallCorpus.Model).Pieces;

        Assert.Equal(410, pieces.Count);
        Assert.Equal([PieceType.Unknown, PieceType.Control, PieceType.Control], pieces.Take(3).Select(piece => piece.Type));
        Assert.Equal(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), pieces.Skip(3).Take(256).Select(piece => Encoding.UTF8.GetString(piece.Utf8)));
        Assert.All(pieces.Skip(3).Take(256), piece => Assert.Equal(PieceType.Byte, piece.Type));
        Assert.All(pieces.Skip(259), piece => Assert.Equal(PieceType.Normal, piece.Type));
        Assert.Equal(Enumerable.Range(0, 151).Select(rank => (float)-rank), pieces.Skip(259).Select(piece => piece.Score));
    }

    [Fact]
    public void Pieces_hold_a_space_only_in_front_and_never_cross_kinds_of_characters() => Assert.All(SmallCorpus.Tokenizer.Model.Pieces.Skip(259), piece =>
    {
        var runes = piece.TrimStart(Space).EnumerateRunes().ToArray();

        Assert.DoesNotContain(new Rune(Space), runes);
        Assert.True(piece.Length - piece.TrimStart(Space).Length <= 1, piece);
        Assert.True(runes.All(Rune.IsLetter) || !runes.Any(Rune.IsLetter), piece);
        Assert.True(piece.Length == 1 || !runes.Any(Rune.IsDigit), piece);
    });

    [Fact]
    public void Every_piece_is_what_its_text_is_cut_into() =>
        Assert.All(SmallCorpus.Tokenizer.Model.Pieces.Skip(259), piece => Assert.Equal([piece], SmallCorpus.Tokenizer.Cut(piece)));

    [Fact]
    public void Words_are_cut_alike_behind_anything_but_letters() =>
        Assert.All(SmallCorpus.Words, word => Assert.All(["\n", "\"", "7", "..."], before => Assert.Equal(
            [.. SmallCorpus.Tokenizer.Cut(before), .. SmallCorpus.Tokenizer.Cut(word)],
            SmallCorpus.Tokenizer.Cut(before + word))));

    [Fact]
    public void Frequent_words_become_whole() =>
        Assert.Equal(["\u2581yellow", "\u2581trees", "\u2581seems"], SmallCorpus.Tokenizer.Cut(" yellow trees seems"));

    [Theory]
    [InlineData("tab\tnew\nline\r\0")]
    [InlineData("broken \uD83D surrogates \uDE00")]
    [InlineData("\uFFFD")]
    public void Control_characters_and_broken_text_stay_bytes(string text)
    {
        var tokenizer = SmallCorpus.Load(SmallCorpus.Train([text, "abcdefg hijkl"], 280));

        Assert.All(tokenizer.Model.Pieces.Skip(259), piece => Assert.DoesNotContain(piece.EnumerateRunes(), rune => Rune.IsControl(rune) || rune == Rune.ReplacementChar));
    }

    [Fact]
    public void Train_texts_too_small_for_the_size_are_refused_with_the_size_they_give()
    {
        var error = Assert.Throws<EngineException>(() => SmallCorpus.Train(["ab ab ab", "ac 77"], 268));

        Assert.Equal(EngineErrorCode.InvalidRequest, error.Code);
        Assert.Contains("too small for a vocabulary of 268 pieces; they give 267", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(int.MinValue, "expected at least 264 (259 fixed ones, 5 characters, 0 for required words)")]
    [InlineData(263, "expected at least 264")]
    [InlineData(1_000_001, "expected at most 1000000")]
    public void Train_a_size_out_of_range_is_refused(int size, string reason)
    {
        var error = Assert.Throws<EngineException>(() => SmallCorpus.Train(["ab ab ab", "ac 77"], size));

        Assert.Equal(EngineErrorCode.InvalidRequest, error.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_without_any_text_is_refused() => Assert.Throws<EngineException>(() => SmallCorpus.Train(["", ""], 300));

    [Fact]
    public void Train_a_cancelled_run_ends() => Assert.Throws<OperationCanceledException>(
        () => SentencePieceTrainer.Train(SmallCorpus.Texts, 410, cancellation: new CancellationToken(canceled: true)));
}
