using CsCheck;
using Herd.Engine.Bases;
using Herd.Engine.Tests.Tokenization;
using Herd.Engine.Tokenization;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Bases;

public sealed class EndTokensTests
{
    private static readonly LlamaTokenizer Llama2 = LlamaTokenizer.Load(RepositoryFiles.Tokenizer);
    private static readonly LlamaTokenizer Llama3 = ByteLevelFiles.Load(ByteLevelFiles.Tiktoken);
    private static readonly int Last = Llama2.VocabularySize - 1;

    [Theory]
    [InlineData("{}", "{}", new int[0])]
    [InlineData(null, """{"eos_token_id":2}""", new int[0])]
    [InlineData(null, """{"eos_token_id":7}""", new[] { 7 })]
    [InlineData(null, """{"eos_token_id":[7,9]}""", new[] { 7, 9 })]
    [InlineData("""{"eos_token_id":8}""", """{"eos_token_id":[7,9]}""", new[] { 8 })]
    [InlineData("""{"eos_token_id":[8,8,0]}""", "{}", new[] { 0, 8 })]
    [InlineData("""{"eos_token_id":null}""", """{"eos_token_id":7}""", new[] { 7 })]
    [InlineData("""{"temperature":0.6}""", """{"eos_token_id":7}""", new[] { 7 })]
    public void Read_TheFirstFileThatNamesAny_AddsItsIdsToTheTokenizers(string? generation, string config, int[] added) =>
        Assert.Equal([.. added.Append(Llama2.EosId).Order()], Read(Llama2, generation, config).Order());

    [Fact]
    public void Read_AListOfLlama3_IsTheTokenizersOwn()
    {
        var behind = ByteLevelFiles.Tokens.Count;
        var generation = $$"""{"bos_token_id":{{behind}},"do_sample":true,"eos_token_id":[{{behind + 1}},{{behind + 8}},{{behind + 9}}],"temperature":0.6,"top_p":0.9}""";
        var config = $$"""{"bos_token_id":{{behind}},"eos_token_id":{{behind + 1}}}""";

        Assert.Equal(Llama3.EndIds.Order(), Read(Llama3, generation, config).Order());
        Assert.Equal(Llama3.EndIds.Order(), Read(Llama3, null, config).Order());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("512")]
    [InlineData("[2,512]")]
    [InlineData("[]")]
    [InlineData("[2,\"</s>\"]")]
    [InlineData("[[2]]")]
    [InlineData("2.5")]
    [InlineData("99999999999")]
    [InlineData("\"</s>\"")]
    [InlineData("true")]
    public void Read_AnIdThatTheTokenizerHasNot_IsRefusedByName(string ids)
    {
        ExpectRefused("""{"eos_token_id":2}""", $$"""{"eos_token_id":{{ids}}}""", "config.json", "eos_token_id", $"from 0 to {Last}", ids);
        ExpectRefused($$"""{"eos_token_id":{{ids}}}""", "{}", "generation_config.json", "eos_token_id", $"from 0 to {Last}", ids);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("2")]
    [InlineData("[0]")]
    [InlineData("\"<s>\"")]
    public void Read_ABeginningThatIsNotTheTokenizers_IsRefusedByName(string id)
    {
        ExpectRefused(null, $$"""{"bos_token_id":{{id}}}""", "config.json", "bos_token_id", "expected ", id.Trim('[', ']'));
        ExpectRefused($$"""{"bos_token_id":{{id}}}""", """{"bos_token_id":1}""", "generation_config.json", "bos_token_id", "expected ", id.Trim('[', ']'));
    }

    [Fact]
    public void Read_TheTokenizersBeginning_IsFine() => Assert.Equal([2], Read(Llama2, """{"bos_token_id":1}""", """{"bos_token_id":[1]}"""));

    [Fact]
    public void Read_AnyListOfIds_IsReadAsItStandsOrRefused() => Gen.Int[-2, Last + 2].Array[1, 8].Sample(ids =>
    {
        var json = $$"""{"eos_token_id":[{{string.Join(',', ids)}}]}""";
        if (ids.All(id => id >= 0 && id <= Last))
        {
            return Read(Llama2, json, "{}").SetEquals(ids.Append(Llama2.EosId));
        }

        return Assert.Throws<EngineException>(() => Read(Llama2, json, "{}")).Code == EngineErrorCode.InvalidFile;
    });

    private static void ExpectRefused(string? generation, string config, params string[] named)
    {
        var error = Assert.Throws<EngineException>(() => Read(Llama2, generation, config));
        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.StartsWith($"{named[0]}: field '{named[1]}': expected ", error.Message, StringComparison.Ordinal);
        Assert.All(named, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private static IReadOnlySet<int> Read(LlamaTokenizer tokenizer, string? generation, string config)
    {
        var last = new ConfigFile(config, "/a/config.json");
        return EndTokens.Read(generation is null ? [last] : [new ConfigFile(generation, "/a/generation_config.json"), last], tokenizer);
    }
}
