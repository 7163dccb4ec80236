using System.Text.Json;
using Herd.Engine.Tokenization;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests.Tokenization;

public sealed class TokenizerGoldenTests
{
    private static readonly string Folder = Path.Combine(RepositoryFiles.Golden, "tokenizer");
    private static readonly JsonElement Cases = Parse(Path.Combine(Folder, "cases.json"));
    private static readonly LlamaTokenizer Tokenizer = LlamaTokenizer.Load(Path.Combine(Folder, "tokenizer.model"));

    public static TheoryData<int> EncodeCases => Numbers("encode");

    public static TheoryData<int> DecodeCases => Numbers("decode");

    public static TheoryData<int> PrefixCases => Numbers("prefix_decode");

    public static TheoryData<string> GenerationFiles =>
        [.. Directory.GetFiles(Path.Combine(RepositoryFiles.Golden, "expected"), "generate-*.json").Select(path => Path.GetFileName(path)!)];

    [Fact]
    public void The_model_has_the_recorded_vocabulary_and_special_ids()
    {
        Assert.Equal(Cases.GetProperty("vocab_size").GetInt32(), Tokenizer.VocabularySize);
        Assert.Equal(Cases.GetProperty("bos_id").GetInt32(), Tokenizer.BosId);
        Assert.Equal(Cases.GetProperty("eos_id").GetInt32(), Tokenizer.EosId);
        Assert.Equal(" \u2047 ", Tokenizer.Decode([Cases.GetProperty("unk_id").GetInt32()]));
    }

    [Theory]
    [MemberData(nameof(EncodeCases))]
    public void Encode_gives_the_recorded_ids_and_pieces(int number)
    {
        var expected = Cases.GetProperty("encode")[number];
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
        var expected = Cases.GetProperty("decode")[number];

        Assert.Equal(expected.GetProperty("decoded").GetString(), Tokenizer.Decode(Ids(expected, "ids")));
    }

    [Theory]
    [MemberData(nameof(PrefixCases))]
    public void Streaming_gives_the_recorded_text_of_every_prefix(int number)
    {
        var expected = Cases.GetProperty("prefix_decode")[number];
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

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(GenerationFiles))]
    public void Generation_prompts_encode_to_the_recorded_ids(string file)
    {
        foreach (var run in Runs(Parse(Path.Combine(RepositoryFiles.Golden, "expected", file))))
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

    private static TheoryData<int> Numbers(string section) => [.. Enumerable.Range(0, Cases.GetProperty(section).GetArrayLength())];

    private static int[] Ids(JsonElement element, string name) => Ids(element.GetProperty(name));

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static JsonElement Parse(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
}
