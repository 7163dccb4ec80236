using System.Text.Json;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Gateway.OpenAi;
using Xunit;

namespace Herd.Gateway.Tests.OpenAi;

public sealed class PlainRequestReaderTests
{
    [Fact]
    public void Read_OneText_IsOnePrompt() => Assert.Equal([new TextPrompt("a\nb")], Read("\"a\\nb\"").Prompts);

    [Fact]
    public void Read_SeveralTexts_AreSeveralPrompts() => Assert.Equal([new TextPrompt("a"), new TextPrompt("")], Read("""["a",""]""").Prompts);

    [Fact]
    public void Read_TokenIds_AreOnePrompt() => Assert.Equal([1, 5, 0], Assert.IsType<TokenPrompt>(Assert.Single(Read("[1,5,0]").Prompts)).Ids);

    [Fact]
    public void Read_ArraysOfTokenIds_AreSeveralPrompts() =>
        Assert.Equal([[1, 2], [3]], Read("[[1,2],[3]]").Prompts.Select(prompt => Assert.IsType<TokenPrompt>(prompt).Ids.ToArray()));

    [Theory]
    [InlineData("null", "prompt")]
    [InlineData("7", "prompt")]
    [InlineData("{}", "prompt")]
    [InlineData("[]", "prompt")]
    [InlineData("[[]]", "prompt[0]")]
    [InlineData("[1,\"a\"]", "prompt[1]")]
    [InlineData("[\"a\",1]", "prompt[1]")]
    [InlineData("[1,-1]", "prompt[1]")]
    [InlineData("[1,1.5]", "prompt[1]")]
    [InlineData("[[1],2]", "prompt[1]")]
    [InlineData("[[1],[\"a\"]]", "prompt[1][0]")]
    [InlineData("[null]", "prompt[0]")]
    public void Read_WrongPrompt_NamesTheField(string prompt, string field)
    {
        var error = Assert.Throws<HerdException>(() => Read(prompt));

        Assert.Equal((HerdErrorCode.InvalidArgument, field), (error.Code, error.Field));
    }

    [Theory]
    [InlineData("echo", "true")]
    [InlineData("suffix", "\"end\"")]
    [InlineData("best_of", "2")]
    [InlineData("logprobs", "true")]
    public void Read_FieldThatIsNotHonoured_IsRefused(string field, string value) =>
        Assert.Equal(field, Assert.Throws<HerdException>(() => Read("\"a\"", $"\"{field}\":{value}")).Field);

    [Theory]
    [InlineData("echo", "false")]
    [InlineData("suffix", "\"\"")]
    [InlineData("best_of", "1")]
    [InlineData("logprobs", "null")]
    public void Read_FieldThatAsksForNothing_IsAccepted(string field, string value) => Assert.Single(Read("\"a\"", $"\"{field}\":{value}").Prompts);

    [Fact]
    public void Read_PromptsTimesAnswers_AreBounded()
    {
        Assert.Equal(32, Read("[\"a\",\"b\"]", "\"n\":16").ToOrder("acme").Generations.Length);
        Assert.Equal("n", Assert.Throws<HerdException>(() => Read("[\"a\",\"b\"]", "\"n\":17")).Field);
    }

    [Fact]
    public void ToOrder_SeveralPromptsAndAnswers_KeepsTheAnswersOfAPromptTogether()
    {
        var order = Read("[\"a\",\"b\"]", "\"n\":2,\"seed\":5").ToOrder("acme");

        Assert.Equal(
            [("a", 5L), ("a", 6L), ("b", 5L), ("b", 6L)],
            order.Generations.Select(generation => (((TextPrompt)generation.Prompt).Text, generation.Sampling.Seed!.Value)));
    }

    private static OpenAiRequest Read(string prompt, string more = "\"user\":\"u\"")
    {
        using var document = JsonDocument.Parse($$"""{"model":"m","prompt":{{prompt}},{{more}}}""");
        return PlainRequestReader.Read(document.RootElement, new GatewayOptions());
    }
}
