using System.Text.Json;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Gateway.OpenAi;
using Xunit;

namespace Herd.Gateway.Tests.OpenAi;

public sealed class ChatRequestReaderTests
{
    private const string Pixel = "iVBORw0KGgo=";
    private static readonly byte[] PixelBytes = Convert.FromBase64String(Pixel);

    [Fact]
    public void Read_AllHonouredFields_AreTaken()
    {
        var request = Read(
            """
            {"model":"cat@stable","messages":[{"role":"developer","content":"be brief"},{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},
             {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],
             "temperature":0.5,"top_p":0.25,"seed":-7,"max_tokens":3,"max_completion_tokens":5,"stop":["x","y"],"n":2,"user":"u",
             "stream":true,"stream_options":{"include_usage":true},"something_new":{"a":1}}
            """);

        Assert.Equal("cat@stable", request.Model);
        Assert.Equal(2, request.AnswersPerPrompt);
        Assert.True(request.Stream);
        Assert.True(request.IncludeUsage);
        Assert.Null(request.Picture);
        Assert.Equal((0.5f, 0.25f, -7L, 5), (request.Sampling.Temperature, request.Sampling.TopP, request.Sampling.Seed, request.Sampling.MaxTokens));
        Assert.Equal(["x", "y"], request.Sampling.Stop);
        var chat = Assert.IsType<ChatPrompt>(Assert.Single(request.Prompts));
        Assert.Equal(
            [
                new ChatMessage(ChatRole.System, "be brief"),
                new ChatMessage(ChatRole.User, "hi"),
                new ChatMessage(ChatRole.Assistant, "yes"),
                new ChatMessage(ChatRole.User, "a\nb"),
            ],
            chat.Messages);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(""","input":null""", null)]
    [InlineData(""","input":"" """, "")]
    [InlineData(""","input":"dog, cup" """, "dog, cup")]
    public void Read_Input_IsContextOfTheLastMessage(string field, string? expected) =>
        Assert.Equal(expected, Assert.IsType<ChatPrompt>(Assert.Single(Read($$"""{"model":"m","messages":[{"role":"user","content":"hi"}]{{field}}}""").Prompts)).Input);

    [Fact]
    public void Read_InputThatIsNoText_IsRefused() =>
        Assert.Equal("input", Assert.Throws<HerdException>(() => Read("""{"model":"m","messages":[{"role":"user","content":"hi"}],"input":["a"]}""")).Field);

    [Fact]
    public void Read_AbsentFields_AreLeftToTheReplica()
    {
        var request = Read("""{"model":"base","messages":[{"role":"user","content":""}],"temperature":null}""");

        Assert.Equal(new SamplingParameters(), request.Sampling with { Stop = new SamplingParameters().Stop });
        Assert.Empty(request.Sampling.Stop);
        Assert.Equal(1, request.AnswersPerPrompt);
        Assert.False(request.Stream);
    }

    [Fact]
    public void Read_SeveralPictures_TheLastIsInForce()
    {
        var request = Read(
            $$$"""
            {"model":"m","messages":[
              {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,AAAA"}}]},
              {"role":"assistant","content":"a dog"},
              {"role":"user","content":[{"type":"text","text":"and this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}","detail":"low"}}]}]}
            """);

        Assert.Equal(PixelBytes, request.Picture!.Value.ToArray());
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":7,"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":"m"}""", "messages")]
    [InlineData("""{"model":"m","messages":[]}""", "messages")]
    [InlineData("""{"model":"m","messages":"x"}""", "messages")]
    [InlineData("""{"model":"m","messages":[7]}""", "messages[0]")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":7}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio"}]}]}""", "messages[0].content[0].type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:"}]}]}""", "messages[0].content[0].image_url")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","content":"x","tool_calls":[{}]}]}""", "messages[0].tool_calls")]
    [InlineData("""{"model":"m","messages":[{"role":"user","name":"Bob","content":"x"}]}""", "messages[0].name")]
    [InlineData("""["model"]""", "body")]
    public void Read_WrongShape_NamesTheField(string body, string field)
    {
        var error = Assert.Throws<HerdException>(() => Read(body));

        Assert.Equal(HerdErrorCode.InvalidArgument, error.Code);
        Assert.Equal(field, error.Field);
    }

    [Theory]
    [InlineData("temperature", "\"0.5\"")]
    [InlineData("temperature", "1e999")]
    [InlineData("top_p", "true")]
    [InlineData("seed", "1.5")]
    [InlineData("max_tokens", "10000000000")]
    [InlineData("max_completion_tokens", "[1]")]
    [InlineData("n", "0")]
    [InlineData("n", "33")]
    [InlineData("n", "\"2\"")]
    [InlineData("stop", "7")]
    [InlineData("stop[1]", """["a",7]""")]
    [InlineData("stream", "\"true\"")]
    [InlineData("logprobs", "3")]
    [InlineData("top_logprobs", "2.5")]
    [InlineData("logit_bias", "[1]")]
    [InlineData("logit_bias", """{"a":1}""")]
    [InlineData("logit_bias.5", """{"5":"x"}""")]
    [InlineData("presence_penalty", "\"1\"")]
    [InlineData("frequency_penalty", "[]")]
    [InlineData("top_k", "1.5")]
    [InlineData("min_p", "true")]
    [InlineData("ignore_eos", "1")]
    [InlineData("stream_options", """{"include_usage":true}""")]
    public void Read_WrongValue_NamesTheField(string field, string value)
    {
        var error = Assert.Throws<HerdException>(() => ReadWith(field.Split('[', '.')[0], value));

        Assert.Equal((HerdErrorCode.InvalidArgument, field), (error.Code, error.Field));
    }

    [Theory]
    [InlineData("tools", """[{"type":"function"}]""")]
    [InlineData("tool_choice", "\"required\"")]
    [InlineData("tool_choice", """{"type":"function"}""")]
    [InlineData("functions", "[{}]")]
    [InlineData("top_logprobs", "3")]
    [InlineData("response_format", """{"type":"json_object"}""")]
    [InlineData("audio", """{"voice":"alloy"}""")]
    [InlineData("modalities", """["text","audio"]""")]
    [InlineData("prediction", """{"type":"content"}""")]
    [InlineData("store", "true")]
    [InlineData("reasoning_effort", "\"high\"")]
    [InlineData("repetition_penalty", "1.2")]
    [InlineData("stop_token_ids", "[5]")]
    [InlineData("min_tokens", "3")]
    public void Read_FieldThatIsNotHonoured_IsRefused(string field, string value)
    {
        var error = Assert.Throws<HerdException>(() => ReadWith(field, value));

        Assert.Equal((HerdErrorCode.InvalidArgument, field), (error.Code, error.Field));
    }

    [Theory]
    [InlineData("tools", "[]")]
    [InlineData("tool_choice", "\"auto\"")]
    [InlineData("logprobs", "false")]
    [InlineData("logit_bias", "{}")]
    [InlineData("response_format", """{"type":"text"}""")]
    [InlineData("presence_penalty", "0")]
    [InlineData("frequency_penalty", "0.0")]
    [InlineData("modalities", """["text"]""")]
    [InlineData("repetition_penalty", "1.0")]
    [InlineData("tools", "null")]
    [InlineData("metadata", """{"a":"b"}""")]
    public void Read_FieldThatAsksForNothing_IsAccepted(string field, string value) => Assert.Equal("m", ReadWith(field, value).Model);

    [Fact]
    public void Read_SamplingFields_ReachTheOrder()
    {
        using var document = JsonDocument.Parse(
            """
            {"model":"m","messages":[{"role":"user","content":"x"}],"top_k":5,"min_p":0.1,"presence_penalty":0.5,"frequency_penalty":-1,"logit_bias":{"7":-100,"8":2.5},
             "ignore_eos":true,"logprobs":true,"top_logprobs":3}
            """);
        var sampling = ChatRequestReader.Read(document.RootElement, new GatewayOptions()).ToOrder("acme").Generations.Single().Sampling;

        Assert.Equal((5, 0.1f, 0.5f, -1f, true, 3), (sampling.TopK, sampling.MinP, sampling.PresencePenalty, sampling.FrequencyPenalty, sampling.IgnoreEnd, sampling.LikeliestTokens));
        Assert.Equal([(7, -100f), (8, 2.5f)], sampling.LogitBias.OrderBy(bias => bias.Key).Select(bias => (bias.Key, bias.Value)));
    }

    [Theory]
    [InlineData("logprobs", "true", 0)]
    [InlineData("logprobs", "false", null)]
    [InlineData("top_k", "-1", null)]
    public void Read_LogProbabilities_AreAskedForOnlyWhereTheyAreWanted(string field, string value, int? likeliest)
    {
        var sampling = ReadWith(field, value).Sampling;

        Assert.Equal((likeliest, null), (sampling.LikeliestTokens, sampling.TopK));
    }

    [Theory]
    [InlineData("https://example.org/cat.png", HerdErrorCode.InvalidArgument)]
    [InlineData("file:///etc/passwd", HerdErrorCode.InvalidArgument)]
    [InlineData("data:image/svg+xml;base64,AAAA", HerdErrorCode.InvalidPicture)]
    [InlineData("data:image/png,AAAA", HerdErrorCode.InvalidPicture)]
    [InlineData("data:image/png;base64,", HerdErrorCode.InvalidPicture)]
    [InlineData("data:image/png;base64,!!!!", HerdErrorCode.InvalidPicture)]
    [InlineData("data:image/png;base64", HerdErrorCode.InvalidPicture)]
    public void Read_PictureThatIsNoSmallDataUrl_IsRefused(string url, HerdErrorCode code)
    {
        var error = Assert.Throws<HerdException>(() => Read(WithPicture(url)));

        Assert.Equal((code, "messages[0].content[0].image_url.url"), (error.Code, error.Field));
    }

    [Theory]
    [InlineData("data:image/webp;base64,AAEC")]
    [InlineData("data:image/gif;base64,AAEC")]
    [InlineData("data:image/jpg;base64,AAEC")]
    [InlineData("DATA:IMAGE/GIF;BASE64,AAEC")]
    public void Read_PictureOfAnyTypeThatIsRead_GivesItsBytes(string url) => Assert.Equal([0, 1, 2], Read(WithPicture(url)).Picture!.Value.ToArray());

    [Theory]
    [InlineData(8, false)]
    [InlineData(7, true)]
    public void Read_PictureBeyondTheLimit_IsRefusedBeforeItIsDecoded(int limit, bool refused)
    {
        var body = Parse(WithPicture($"data:image/png;base64,{Pixel}"));
        var options = new GatewayOptions { MaxPictureBytes = limit };
        if (refused)
        {
            Assert.Equal(HerdErrorCode.InvalidPicture, Assert.Throws<HerdException>(() => ChatRequestReader.Read(body, options)).Code);
        }
        else
        {
            Assert.Equal(PixelBytes.Length, ChatRequestReader.Read(body, options).Picture!.Value.Length);
        }
    }

    [Fact]
    public void Read_PictureOfTheAssistant_IsRefused()
    {
        var body = """{"model":"m","messages":[{"role":"assistant","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}""";

        Assert.Equal("messages[0].content[0].type", Assert.Throws<HerdException>(() => Read(body)).Field);
    }

    [Fact]
    public void ToOrder_SeveralAnswers_CountTheSeedUp()
    {
        var order = ReadWith("n", "3", """ "seed":9223372036854775807, """).ToOrder("acme");

        Assert.Equal("acme", order.Tenant);
        Assert.Equal([long.MaxValue, long.MinValue, long.MinValue + 1], order.Generations.Select(generation => generation.Sampling.Seed));
    }

    [Fact]
    public void ToOrder_WithoutSeed_LeavesEachToBeDrawn() =>
        Assert.All(ReadWith("n", "2").ToOrder("acme").Generations, generation => Assert.Null(generation.Sampling.Seed));

    private static OpenAiRequest ReadWith(string field, string value, string more = "") =>
        Read($$"""{"model":"m","messages":[{"role":"user","content":"x"}],{{more}}"{{field}}":{{value}}}""");

    private static string WithPicture(string url) =>
        $$$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{url}}}"}}]}]}""";

    private static OpenAiRequest Read(string body) => ChatRequestReader.Read(Parse(body), new GatewayOptions());

    private static JsonElement Parse(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }
}
