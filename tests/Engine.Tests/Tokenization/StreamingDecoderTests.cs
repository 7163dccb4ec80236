using System.Text;
using System.Text.Unicode;
using CsCheck;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Tokenization;

public sealed class StreamingDecoderTests
{
    private static readonly SentencePieceTokenizer Tokenizer = TokenizerFile.Golden;

    // Characters cut short are rare among random ids, so whole ones and their beginnings are mixed in.
    private static readonly Gen<int[]> IdLists = Gen.OneOf(
        Gen.Int[0, Tokenizer.VocabularySize - 1].Select(id => new[] { id }),
        Gen.Int[0, 2].Select(id => new[] { id }),
        Gen.OneOf("\u2581", "\u2581\u2581", "\u2581a").Select(Tokenizer.EncodeContinuation),
        Gen.Select(Gen.Int[0x80, 0x10FFFF].Where(Rune.IsValid), Gen.Int[1, 4], (rune, length) =>
            Encoding.UTF8.GetBytes(new Rune(rune).ToString()).Take(length).Select(b => Tokenizer.Model.BytePieces[b]).ToArray()))
        .List[0, 12].Select(parts => parts.SelectMany(part => part).ToArray());

    [Fact]
    public void Appended_text_equals_decoding_the_whole_list() => IdLists.Sample(
        ids =>
        {
            var decoder = new StreamingDecoder(Tokenizer);
            var text = string.Concat(ids.Select(decoder.Append)) + decoder.Finish();

            Assert.Equal(DecodeWhole(ids), text);
            Assert.Equal(text, Tokenizer.Decode(ids));
        },
        iter: 5000);

    [Fact]
    public void Appended_text_is_never_taken_back_and_lags_by_at_most_three_bytes() => IdLists.Sample(ids =>
    {
        var decoder = new StreamingDecoder(Tokenizer);
        var certain = "";
        for (var i = 0; i < ids.Length; i++)
        {
            var text = decoder.Append(ids[i]);
            certain += text;
            var whole = DecodeWhole(ids[..(i + 1)]);

            Assert.StartsWith(certain, whole, StringComparison.Ordinal);
            Assert.True(whole.Length - certain.Length <= 3);
            Assert.Equal(text, string.Concat(text.EnumerateRunes()));
        }
    });

    [Fact]
    public void Bytes_of_a_character_are_held_back_until_it_is_whole()
    {
        var decoder = new StreamingDecoder(Tokenizer);

        Assert.Equal(["", "", "", "\U0001F600"], Bytes(0xF0, 0x9F, 0x98, 0x80).Select(decoder.Append));
        Assert.Equal("", decoder.Finish());
    }

    [Fact]
    public void A_byte_that_breaks_a_character_releases_what_was_held()
    {
        var decoder = new StreamingDecoder(Tokenizer);

        Assert.Equal(["", "", "\uFFFD\uFFFDA"], Bytes(0xF0, 0x9F, 0x41).Select(decoder.Append));
    }

    [Fact]
    public void A_byte_that_breaks_a_character_may_begin_the_next()
    {
        var decoder = new StreamingDecoder(Tokenizer);

        Assert.Equal(["", "", "\uFFFD\uFFFD", "\u00E9"], Bytes(0xF0, 0x9F, 0xC3, 0xA9).Select(decoder.Append));
    }

    [Theory]
    [InlineData(0xED, 0xA0, 0x80)]
    [InlineData(0xE0, 0x80, 0x80)]
    [InlineData(0xF4, 0x90, 0x80)]
    [InlineData(0xC0, 0x80, 0x80)]
    public void Surrogates_and_overlong_forms_are_broken_bytes(byte first, byte second, byte third)
    {
        Assert.Equal("\uFFFD\uFFFD\uFFFD", Tokenizer.Decode(Bytes(first, second, third)));
    }

    [Fact]
    public void Control_ids_end_a_character_and_keep_the_first_piece_first()
    {
        int[] cut = [.. Bytes(0xF0, 0x9F), Tokenizer.EosId, .. Bytes(0x98, 0x80)];

        Assert.Equal("\uFFFD\uFFFD\uFFFD\uFFFD", Tokenizer.Decode(cut));
        Assert.Equal("a", Tokenizer.Decode([Tokenizer.BosId, .. Tokenizer.Encode("a", bos: false)]));
    }

    [Fact]
    public void Only_one_leading_space_is_dropped_and_none_after_a_byte()
    {
        var space = Tokenizer.EncodeContinuation(" ");

        Assert.Equal(" ", Tokenizer.Decode([.. space, .. space]));
        Assert.Equal("  ", Tokenizer.Decode([.. Bytes(0x20), .. space]));
    }

    [Fact]
    public void Finish_releases_once()
    {
        var decoder = new StreamingDecoder(Tokenizer);
        decoder.Append(Bytes(0xF0)[0]);

        Assert.Equal(("\uFFFD", ""), (decoder.Finish(), decoder.Finish()));
    }

    private static int[] Bytes(params int[] values) => [.. values.Select(value => Tokenizer.Model.BytePieces[value])];

    /// <summary>The definition, told backwards: cut the list into runs of bytes and other pieces, and decode each run at once.</summary>
    private static string DecodeWhole(int[] ids)
    {
        var text = new StringBuilder();
        for (var i = 0; i < ids.Length;)
        {
            var run = ids.Skip(i).TakeWhile(id => Tokenizer.TypeOf(id) == PieceType.Byte).Select(id => Tokenizer.Model.ByteOf[id]).ToArray();
            if (run.Length > 0)
            {
                text.Append(DecodeBytes(run));
                i += run.Length;
                continue;
            }

            var leading = ids.Take(i).All(Tokenizer.IsControl);
            var piece = Tokenizer.Model.Pieces[ids[i]];
            text.Append(Tokenizer.TypeOf(ids[i]) switch
            {
                PieceType.Control => "",
                PieceType.Unknown => " \u2047 ",
                _ => (leading && piece[0] == '\u2581' ? piece[1..] : piece).Replace('\u2581', ' '),
            });
            i++;
        }

        return text.ToString();
    }

    private static string DecodeBytes(byte[] run)
    {
        var text = new StringBuilder();
        for (var i = 0; i < run.Length;)
        {
            var longest = Enumerable.Range(1, Math.Min(4, run.Length - i)).LastOrDefault(length => Utf8.IsValid(run.AsSpan(i, length)));
            text.Append(longest == 0 ? "\uFFFD" : Encoding.UTF8.GetString(run, i, longest));
            i += Math.Max(longest, 1);
        }

        return text.ToString();
    }
}
