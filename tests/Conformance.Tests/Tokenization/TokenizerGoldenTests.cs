using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Conformance.Tests.Tokenization;

public sealed class TokenizerGoldenTests
{
    private const string CasesName = "tokenizer/cases.json";

    private static readonly Lazy<JsonElement?> RecordedCases = new(() => GoldenFolder.TryJson(CasesName));
    private static readonly Lazy<SentencePieceTokenizer> Loaded = new(() => (SentencePieceTokenizer)LlamaTokenizer.Load(GoldenFolder.PathOf(GoldenFolder.Tokenizer)));

    public static TheoryData<int> EncodeCases => Numbers("encode");

    public static TheoryData<int> DecodeCases => Numbers("decode");

    public static TheoryData<int> PrefixCases => Numbers("prefix_decode");

    public static TheoryData<string> GenerationFiles => Cases.Of(GoldenFolder.Find("expected/generate-*.json"), "generation");

    private static SentencePieceTokenizer Tokenizer => Loaded.Value;

    [Fact]
    public void The_model_has_the_recorded_vocabulary_and_special_ids()
    {
        var cases = GoldenFolder.Json(CasesName);

        Assert.Equal(cases.GetProperty("vocab_size").GetInt32(), Tokenizer.VocabularySize);
        Assert.Equal(cases.GetProperty("bos_id").GetInt32(), Tokenizer.BosId);
        Assert.Equal(cases.GetProperty("eos_id").GetInt32(), Tokenizer.EosId);
        Assert.Equal(" \u2047 ", Tokenizer.Decode([cases.GetProperty("unk_id").GetInt32()]));
    }

    [Fact]
    public void The_model_has_the_recorded_pieces_types_and_order_of_merging()
    {
        var pieces = GoldenFolder.Json("tokenizer/vocab.json").EnumerateArray().OrderBy(piece => piece.GetProperty("id").GetInt32()).ToList();
        var scores = pieces.Select(piece => piece.GetProperty("score").GetDouble()).ToList();

        Assert.Equal(pieces.Select(piece => piece.GetProperty("piece").GetString()), Tokenizer.Model.Pieces);
        Assert.Equal(pieces.Select(piece => piece.GetProperty("type").GetString()), Tokenizer.Model.Types.Select(type => type.ToString().ToLowerInvariant()));
        Assert.Equal(scores.Select(score => scores.Count(other => other > score)), Tokenizer.Model.Ranks);
    }

    [Theory]
    [MemberData(nameof(EncodeCases))]
    public void Encode_gives_the_recorded_ids_and_pieces(int number)
    {
        var expected = RecordedCases.Value!.Value.GetProperty("encode")[number];
        var text = expected.GetProperty("text").GetString()!;
        var ids = Ids(expected, "ids");

        Assert.Equal(ids, Tokenizer.Encode(text, bos: false));
        Assert.Equal(Ids(expected, "ids_bos"), Tokenizer.Encode(text, bos: true));
        Assert.Equal(Ids(expected, "ids_bos_eos"), Tokenizer.Encode(text, bos: true, eos: true));
        Assert.Equal(expected.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()!), ids.Select(id => Tokenizer.Model.Pieces[id]));
        Assert.Equal(expected.GetProperty("decoded").GetString(), Tokenizer.Decode(ids));
    }

    [Theory]
    [MemberData(nameof(DecodeCases))]
    public void Decode_gives_the_recorded_text(int number)
    {
        var expected = RecordedCases.Value!.Value.GetProperty("decode")[number];

        Assert.Equal(expected.GetProperty("decoded").GetString(), Tokenizer.Decode(Ids(expected, "ids")));
    }

    [Theory]
    [MemberData(nameof(PrefixCases))]
    public void Streaming_gives_the_recorded_text_of_every_prefix(int number)
    {
        var expected = RecordedCases.Value!.Value.GetProperty("prefix_decode")[number];
        var ids = Ids(expected, "ids");
        var texts = expected.GetProperty("prefix_decodes").EnumerateArray().Select(text => text.GetString()!).ToArray();
        Assert.Equal(ids.Length, texts.Length);
        for (var length = 1; length <= ids.Length; length++)
        {
            var decoder = new StreamingDecoder(Tokenizer);
            var certain = string.Concat(ids[..length].Select(decoder.Append));

            Assert.Equal(texts[length - 1], certain + decoder.Finish());
            Assert.StartsWith(certain, texts[^1], StringComparison.Ordinal);
            Assert.Equal(texts[length - 1], Tokenizer.Decode(ids.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(GenerationFiles))]
    public void Generation_prompts_encode_to_the_recorded_ids(string file)
    {
        foreach (var run in Runs(GoldenFolder.Json(file)))
        {
            var prompts = run.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetString()!).ToArray();
            var ids = run.GetProperty("prompt_ids").EnumerateArray().Select(Ids).ToArray();
            Assert.Equal(ids, prompts.Select(prompt => Tokenizer.Encode(prompt, bos: true)));
        }
    }

    private static IEnumerable<JsonElement> Runs(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            return element.EnumerateArray().SelectMany(Runs);
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var isRun = element.TryGetProperty("prompts", out var prompts) && prompts[0].ValueKind == JsonValueKind.String
            && element.TryGetProperty("prompt_ids", out _);
        return isRun ? [element] : element.EnumerateObject().SelectMany(member => Runs(member.Value));
    }

    private static TheoryData<int> Numbers(string section) =>
        Cases.Of(RecordedCases.Value is { } cases && cases.TryGetProperty(section, out var list) ? list.GetArrayLength() : 0, $"tokenizer case of {section}");

    private static int[] Ids(JsonElement element, string name) => Ids(element.GetProperty(name));

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];
}
