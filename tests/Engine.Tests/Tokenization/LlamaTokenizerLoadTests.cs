using System.Security.Cryptography;
using CsCheck;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Tokenization;

public sealed class LlamaTokenizerLoadTests
{
    public static TheoryData<string, string> Refusals => new()
    {
        { "unigram", "model_type is 1" },
        { "no byte fallback", "byte_fallback" },
        { "suffix", "treat_whitespace_as_suffix" },
        { "nfkc", "normalizer 'nmt_nfkc'" },
        { "character map", "normalizer 'identity' is not supported, expected 'identity' without rules" },
        { "no dummy prefix", "add_dummy_prefix" },
        { "trimming", "remove_extra_whitespaces" },
        { "no escape", "escape_whitespaces" },
        { "denormalizer", "denormalizer" },
        { "user defined", "type UserDefined" },
        { "unused", "type Unused" },
        { "undefined type", "type 9" },
        { "not a number", "score NaN" },
        { "empty piece", "piece 259 is empty" },
        { "repeated piece", "piece 260 repeats piece 259" },
        { "second unknown", "exactly one unknown piece, found 2" },
        { "byte twice", "byte piece 259" },
        { "odd byte", "'<0xZZ>'" },
        { "byte missing", "<0x07> is missing" },
        { "no bos", "'<s>' for begin of sequence" },
        { "no eos", "'</s>' for end of sequence" },
    };

    [Fact]
    public void Load_a_sound_file_reads_vocabulary_and_special_ids()
    {
        var tokenizer = new TokenizerFile().Load();

        Assert.Equal(259, tokenizer.VocabularySize);
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
        Assert.Equal([false, true, true, false], new[] { 0, 1, 2, 3 }.Select(tokenizer.IsControl));
    }

    [Fact]
    public void Digest_is_the_SHA256_of_the_file()
    {
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TokenizerFile.GoldenPath))), TokenizerFile.Golden.Digest);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Load_refuses_what_LLaMA_does_not_use_by_name(string change, string reason)
    {
        var file = new TokenizerFile();
        Apply(change, file);

        var e = Assert.Throws<EngineException>(file.Load);

        Assert.Equal(EngineErrorCode.InvalidFile, e.Code);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_a_missing_file_names_it()
    {
        var e = Assert.Throws<EngineException>(() => LlamaTokenizer.Load("/nowhere/tokenizer.model"));

        Assert.Equal(EngineErrorCode.InvalidFile, e.Code);
        Assert.Contains("/nowhere/tokenizer.model", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_a_file_over_the_size_limit_is_refused_unread()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using (var file = File.Create(path))
            {
                file.SetLength((64L << 20) + 1);
            }

            var e = Assert.Throws<EngineException>(() => LlamaTokenizer.Load(path));
            Assert.Contains("at most 67108864 bytes, found 67108865", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Load_too_many_pieces_is_refused()
    {
        byte[] emptyPiece = [0x0A, 0x00];
        var bytes = Enumerable.Repeat(emptyPiece, 1_000_001).SelectMany(piece => piece).ToArray();

        var e = Assert.Throws<EngineException>(() => TokenizerFile.Load(bytes));

        Assert.Contains("more than 1000000 pieces", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_a_length_beyond_the_end_of_the_file_is_refused()
    {
        var e = Assert.Throws<EngineException>(() => TokenizerFile.Load([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07]));

        Assert.Equal(EngineErrorCode.InvalidFile, e.Code);
    }

    [Fact]
    public void Load_a_piece_that_is_not_text_is_refused()
    {
        var bytes = new TokenizerFile { Pieces = { ("\u00FF\u00FF", -1, PieceType.Normal) } }.ToBytes();
        var at = bytes.AsSpan().LastIndexOf([(byte)0xC3, (byte)0xBF]);
        bytes[at] = 0xFF;

        var e = Assert.Throws<EngineException>(() => TokenizerFile.Load(bytes));

        Assert.Contains("piece 259 is not valid UTF-8", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_damaged_bytes_loads_or_reports_an_invalid_file()
    {
        var sound = new TokenizerFile { Pieces = { ("\u2581a", -1, PieceType.Normal), ("a", -2, PieceType.Normal) } }.ToBytes();
        var refused = 0;

        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte, Gen.Int[0, sound.Length]).Sample(
            (at, value, length) =>
            {
                var bytes = (byte[])sound.Clone();
                bytes[at] = value;
                try
                {
                    TokenizerFile.Load(bytes[..(value % 2 == 0 ? length : sound.Length)]);
                }
                catch (EngineException e) when (e.Code == EngineErrorCode.InvalidFile)
                {
                    Interlocked.Increment(ref refused);
                }
            },
            iter: 2000);

        Assert.NotEqual(0, refused);
    }

    private static void Apply(string change, TokenizerFile file)
    {
        switch (change)
        {
            case "unigram": file.ModelType = 1; break;
            case "no byte fallback": file.ByteFallback = false; break;
            case "suffix": file.WhitespaceAsSuffix = true; break;
            case "nfkc": file.Normalizer = "nmt_nfkc"; break;
            case "character map": file.CharacterMap = [1]; break;
            case "no dummy prefix": file.DummyPrefix = false; break;
            case "trimming": file.TrimWhitespace = true; break;
            case "no escape": file.EscapeWhitespace = false; break;
            case "denormalizer": file.DenormalizerMap = [1]; break;
            case "user defined": file.Pieces.Add(("x", 0, PieceType.UserDefined)); break;
            case "unused": file.Pieces.Add(("x", 0, PieceType.Unused)); break;
            case "undefined type": file.Pieces.Add(("x", 0, (PieceType)9)); break;
            case "not a number": file.Pieces.Add(("x", float.NaN, PieceType.Normal)); break;
            case "empty piece": file.Pieces.Add(("", 0, PieceType.Normal)); break;
            case "repeated piece": file.Pieces.AddRange([("x", 0, PieceType.Normal), ("x", 0, PieceType.Normal)]); break;
            case "second unknown": file.Pieces.Add(("x", 0, PieceType.Unknown)); break;
            case "byte twice": file.Pieces.Add(("<0x00>", 0, PieceType.Byte)); break;
            case "odd byte": file.Pieces.Add(("<0xZZ>", 0, PieceType.Byte)); break;
            case "byte missing": file.Pieces.RemoveAll(piece => piece.Text == "<0x07>"); break;
            case "no bos": file.Pieces.RemoveAll(piece => piece.Text == "<s>"); break;
            case "no eos": file.Pieces.RemoveAll(piece => piece.Text == "</s>"); break;
            default: throw new ArgumentOutOfRangeException(nameof(change), change, "no such change");
        }
    }
}
