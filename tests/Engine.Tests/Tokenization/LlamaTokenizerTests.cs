using System.Text;
using CsCheck;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Tokenization;

public sealed class LlamaTokenizerTests
{
    private static readonly SentencePieceTokenizer Tokenizer = TokenizerFile.Golden;

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.OneOf("the ", " image", "###", "</s>", "<0x41>", "\n\n", "  ", "\u2581", "\U0001F600", "12", "\uD83D", "\uDE00", "\u00E9", "\u0000", "ing"),
        Gen.Int[0, Tokenizer.VocabularySize - 1].Select(id => Tokenizer.Model.Surfaces[id]),
        Gen.String[Gen.Char, 0, 3]).List[0, 12].Select(string.Concat);

    [Fact]
    public void Encode_agrees_with_merging_one_pair_at_a_time() =>
        Texts.Sample(text => Assert.Equal(MergeOneByOne(text), Tokenizer.EncodeContinuation(text)), iter: 5000);

    [Theory]
    [InlineData("sss")]
    [InlineData("#########")]
    [InlineData("  #####")]
    public void Encode_runs_of_equal_pairs_from_the_left(string text) => Assert.Equal(MergeOneByOne(text), Tokenizer.EncodeContinuation(text));

    [Fact]
    public void Encode_is_the_continuation_of_a_space() =>
        Texts.Where(text => text.Length > 0).Sample(text => Assert.Equal(Tokenizer.EncodeContinuation(" " + text), Tokenizer.Encode(text, bos: false)));

    [Fact]
    public void Encode_and_decode_restore_well_formed_text() => Texts.Sample(text =>
    {
        var wellFormed = Replace(text).Replace('\u2581', ' ');
        Assert.Equal(wellFormed, Tokenizer.Decode(Tokenizer.Encode(text, bos: true, eos: true)));
    });

    [Fact]
    public void A_continuation_decodes_after_what_stands_before_it_without_a_space_between()
    {
        var before = Tokenizer.Encode("### Response:", bos: true);

        Assert.Equal("### Response:Hello", Tokenizer.Decode([.. before, .. Tokenizer.EncodeContinuation("Hello")]));
        Assert.Equal("### Response: Hello", Tokenizer.Decode([.. before, .. Tokenizer.Encode("Hello", bos: false)]));
    }

    [Fact]
    public void Encode_lone_surrogates_become_replacement_characters()
    {
        Assert.Equal(Tokenizer.Encode("a\uFFFDb", bos: false), Tokenizer.Encode("a\uD800b", bos: false));
        Assert.Equal(Tokenizer.Encode("\uFFFD\U0001F600\uFFFD", bos: false), Tokenizer.Encode("\uD83D\uD83D\uDE00\uDE00", bos: false));
    }

    [Fact]
    public void Encode_never_gives_control_ids_for_text()
    {
        var ids = Tokenizer.Encode("<s>a</s><unk>", bos: false);

        Assert.All(ids, id => Assert.Equal((false, true), (Tokenizer.IsControl(id), id != 0)));
    }

    [Theory]
    [InlineData("aaa", "aa,a")]
    [InlineData("aaaaa", "aa,aa,a")]
    [InlineData("abab", "ab,ab")]
    [InlineData("aab", "aa,b")]
    [InlineData("abc", "a,bc")]
    public void Encode_merges_the_best_score_first_and_the_leftmost_on_ties(string text, string pieces)
    {
        // 'aa' and 'ab' tie, 'bc' beats both.
        var tokenizer = new TokenizerFile
        {
            Pieces =
            {
                ("aa", -2, PieceType.Normal),
                ("ab", -2, PieceType.Normal),
                ("bc", -1, PieceType.Normal),
                ("a", -5, PieceType.Normal),
                ("b", -6, PieceType.Normal),
                ("c", -7, PieceType.Normal),
            },
        }.Load();

        Assert.Equal(pieces, string.Join(',', tokenizer.EncodeContinuation(text).Select(id => tokenizer.Model.Pieces[id])));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(512)]
    public void Ids_outside_the_vocabulary_are_refused(int id)
    {
        Assert.Equal(EngineErrorCode.InvalidRequest, Assert.Throws<EngineException>(() => Tokenizer.Decode([id])).Code);
        Assert.Equal(EngineErrorCode.InvalidRequest, Assert.Throws<EngineException>(() => Tokenizer.IsControl(id)).Code);
    }

    [Fact]
    public void One_tokenizer_serves_many_threads()
    {
        var text = string.Concat(Enumerable.Repeat("The image shows a dog \U0001F600. ", 50));
        var expected = Tokenizer.Encode(text, bos: true);

        Parallel.For(0, 64, _ =>
        {
            Assert.Equal(expected, Tokenizer.Encode(text, bos: true));
            Assert.Equal(text, Tokenizer.Decode(expected));
        });
    }

    /// <summary>The definition: as long as any two neighbours join to a piece, join those with the best score, the leftmost on ties.</summary>
    private static int[] MergeOneByOne(string text)
    {
        var model = Tokenizer.Model;
        var normal = Enumerable.Range(0, model.Pieces.Length).Where(id => model.Types[id] == PieceType.Normal).ToDictionary(id => model.Pieces[id]);
        var symbols = Replace(text).Replace(' ', '\u2581').EnumerateRunes().Select(rune => rune.ToString()).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, Math.Max(0, symbols.Count - 1))
                .Where(left => normal.ContainsKey(symbols[left] + symbols[left + 1]))
                .DefaultIfEmpty(-1)
                .MinBy(left => left < 0 ? 0 : model.Ranks[normal[symbols[left] + symbols[left + 1]]]);
            if (best < 0)
            {
                return [.. symbols.SelectMany(Ids)];
            }

            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }

        int[] Ids(string symbol) => normal.TryGetValue(symbol, out var id)
            ? [id]
            : [.. Encoding.UTF8.GetBytes(symbol).Select(value => model.BytePieces[value])];
    }

    private static string Replace(string text) => string.Concat(text.EnumerateRunes());
}
