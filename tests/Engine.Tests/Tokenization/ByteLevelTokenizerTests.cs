using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Tokenization;

public sealed class ByteLevelTokenizerTests
{
    private static readonly LlamaTokenizer Tokenizer = ByteLevelFiles.Load(ByteLevelFiles.Tiktoken);
    private static readonly LlamaTokenizer FromJson = ByteLevelFiles.Load(ByteLevelFiles.Json());

    private static readonly Gen<string> Texts = Gen.OneOf(
        AnyOf("the", " hello", "'s", "'LL", " ", "  ", "\n", "\r\n", "\t", "1", "1234", "🙂", "𝐀", "東京", "é", "!", "?!\n", "aaaa", "<|eot_id|>", "\u00A0", "\u3000"),
        Gen.Char.Where(letter => !char.IsSurrogate(letter)).Select(letter => letter.ToString())).Array[0, 40].Select(string.Concat);

    [Fact]
    public void Load_EitherFile_HasTheControlTokensBehindTheOthers()
    {
        var tokens = ByteLevelFiles.Tokens.Count;
        Assert.All(new[] { Tokenizer, FromJson }, tokenizer =>
        {
            Assert.Equal((tokens + 256, tokens, tokens + 1), (tokenizer.VocabularySize, tokenizer.BosId, tokenizer.EosId));
            Assert.Equal([tokens + 1, tokens + 8, tokens + 9], tokenizer.EndIds.Order());
            Assert.True(tokenizer.IsControl(tokens + 255));
            Assert.False(tokenizer.IsControl(tokens - 1));
        });
    }

    [Fact]
    public void Encode_AnyText_GivesTheSameIdsFromEitherFileAndByTheSimplestProgram() => Texts.Sample(
        text =>
        {
            var ids = Tokenizer.Encode(text, bos: false);
            Assert.Equal(Naive(text), ids);
            Assert.Equal(ids, FromJson.Encode(text, bos: false));
            Assert.Equal([Tokenizer.BosId, .. ids, Tokenizer.EosId], Tokenizer.Encode(text, bos: true, eos: true));
            Assert.Equal(ids, Tokenizer.EncodeContinuation(text));
        },
        iter: 2_000);

    [Fact]
    public void Decode_WhatWasEncoded_IsTheText() => Texts.Sample(
        text =>
        {
            var ids = Tokenizer.Encode(text, bos: true);
            var decoder = new StreamingDecoder(Tokenizer);
            var pieces = ids.Select(decoder.Append).ToList();

            Assert.Equal(text, Tokenizer.Decode(ids));
            Assert.Equal(text, string.Concat(pieces) + decoder.Finish());
            Assert.All(pieces, piece => Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1])));
        },
        iter: 1_000);

    [Fact]
    public void Decode_BytesThatAreNoCharacter_GivesAReplacementForEach()
    {
        Assert.Equal("\uFFFD\uFFFDa\uFFFD", Tokenizer.Decode([0xF0, 0x9F, 'a', 0xFF]));
        Assert.Equal("\uFFFD\uFFFD", Tokenizer.Decode([0xF0, Tokenizer.EosId, 0x9F]));
    }

    [Fact]
    public void Cut_BasicPlane_IsThatOfThePattern() => Gen.OneOf(
        AnyOf("a", "Ж", "'s", "'RE", "'", " ", "  ", "\n", "\r", "\t", "7", "²", "½", "_", "!", "́", "\u2028", "\u0085", "\u200B", "東"),
        Gen.Char.Where(letter => !char.IsSurrogate(letter)).Select(letter => letter.ToString())).Array[0, 30].Select(string.Concat).Sample(
        text => Assert.Equal(Regex.Matches(text, Llama3Words.Pattern).Select(word => word.Value), Llama3Words.Cut(text).Select(word => text[word])),
        iter: 20_000);

    [Fact]
    public void Encode_ALongRunOfOneLetter_TakesNoLongerThanItMust()
    {
        var ids = Tokenizer.Encode(new string('a', 1_000_000), bos: false);

        Assert.Equal(1_000_000, ids.Sum(id => ByteLevelFiles.Tokens[id].Length));
    }

    [Theory]
    [InlineData("IQ== 0\nIQ== 1\n", "token 1 repeats token 0")]
    [InlineData("IQ== 1\n", "line 1 has rank 1, expected 0")]
    [InlineData("IQ== -1\n", "line 1 is no token")]
    [InlineData("IQ== 0x\n", "line 1 is no token")]
    [InlineData("I=Q 0\n", "line 1 is no token")]
    [InlineData("IQ== 0\n", "the byte 0x00 is no token")]
    public void Load_UnsoundRanks_AreRefused(string content, string reason) => AssertRefused(() => ByteLevelFiles.Load(content), reason);

    [Theory]
    [InlineData("model.type", "\"Unigram\"", "'model'")]
    [InlineData("model.byte_fallback", "true", "'model.byte_fallback'")]
    [InlineData("model.dropout", "0.1", "'model.dropout'")]
    [InlineData("model.ignore_merges", "false", "'model.ignore_merges'")]
    [InlineData("model.merges", "[\"a\"]", "'model.merges'")]
    [InlineData("model.merges", "[\"a qqqqqq\"]", "merge 0 joins tokens")]
    [InlineData("model.vocab", "{\"a\":1}", "'model.vocab'")]
    [InlineData("model.vocab", "{\"\\u20ac\":0}", "U+20AC")]
    [InlineData("normalizer", "{\"type\":\"NFC\"}", "'normalizer'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\"}", "'pre_tokenizer'")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern.Regex", "\"x\"", "'pre_tokenizer.Split'")]
    [InlineData("pre_tokenizer.pretokenizers.1.add_prefix_space", "true", "'pre_tokenizer.ByteLevel'")]
    [InlineData("added_tokens.0.special", "false", "special tokens alone")]
    [InlineData("added_tokens.0.id", "7", "without a gap")]
    [InlineData("added_tokens.0.content", "\"<|other|>\"", "'<|begin_of_text|>'")]
    [InlineData("model.merges", "7", "damaged or foreign JSON")]
    public void Load_OtherSettingsThanLlama3s_AreRefusedByName(string field, string value, string reason)
    {
        var json = ByteLevelFiles.Json();
        var path = field.Split('.');
        var holder = path[..^1].Aggregate((JsonNode)json, (node, name) => int.TryParse(name, out var index) ? node[index]! : node[name]!);
        holder[path[^1]] = JsonNode.Parse(value);

        AssertRefused(() => ByteLevelFiles.Load(json), reason);
    }

    [Fact]
    public void Load_DamageInALongFile_IsToldInBrief()
    {
        var error = Assert.Throws<EngineException>(() => ByteLevelFiles.Load("{\"a\":fals" + new string('x', 100_000) + "}"));
        Assert.InRange(error.Message.Length, 100, 1_000);
    }

    [Fact]
    public void Load_MergesAsPairs_AreThoseAsText() =>
        Assert.Equal(FromJson.Encode("hello there bandana", bos: false), ByteLevelFiles.Load(ByteLevelFiles.Json(pairs: true)).Encode("hello there bandana", bos: false));

    [Fact]
    public void Load_AnyBytes_AreReadOrRefused() => Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Gen.Int[0, 3_000].Select(Gen.Byte, (at, value) => Changed(ByteLevelFiles.Tiktoken, at, value)),
        Gen.Int[0, 3_000].Select(Gen.Byte, (at, value) => Changed(ByteLevelFiles.Json().ToJsonString(), at, value))).Sample(
        bytes =>
        {
            try
            {
                TokenizerFile.Load(bytes);
            }
            catch (EngineException error) when (error.Code == EngineErrorCode.InvalidFile)
            {
            }
        },
        iter: 300);

    private static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static byte[] Changed(string content, int at, byte value)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        bytes[at % bytes.Length] = value;
        return bytes;
    }

    private static void AssertRefused(Action load, string reason)
    {
        var error = Assert.Throws<EngineException>(load);
        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Joins the neighbours that make the lowest token, the leftmost of equals, until none do.</summary>
    private static IEnumerable<int> Naive(string text)
    {
        var ids = ByteLevelFiles.Tokens.Select((token, id) => (Convert.ToHexString(token), id)).ToDictionary(entry => entry.Item1, entry => entry.id);
        foreach (var word in Llama3Words.Cut(text))
        {
            var bytes = Encoding.UTF8.GetBytes(text[word]);
            if (ids.TryGetValue(Convert.ToHexString(bytes), out var whole))
            {
                yield return whole;
                continue;
            }

            var parts = bytes.Select(value => new[] { value }).ToList();
            while (true)
            {
                var joins = Enumerable.Range(0, parts.Count - 1).Select(at => (At: at, Rank: ids.GetValueOrDefault(Convert.ToHexString([.. parts[at], .. parts[at + 1]]), int.MaxValue))).ToList();
                if (joins.Count == 0 || joins.Min(join => join.Rank) == int.MaxValue)
                {
                    break;
                }

                var first = joins.MinBy(join => join.Rank).At;
                parts[first] = [.. parts[first], .. parts[first + 1]];
                parts.RemoveAt(first + 1);
            }

            foreach (var part in parts)
            {
                yield return ids[Convert.ToHexString(part)];
            }
        }
    }
}
