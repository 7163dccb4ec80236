using System.Text;
using Herd.Contracts.Models;
using Herd.Gateway.OpenAi;
using Xunit;

namespace Herd.Gateway.Tests.OpenAi;

public sealed class AnswerFormTests
{
    private static readonly AnswerHeader Header = new("chatcmpl-1", 1700000000, "cat", "sha256:ab");
    private static readonly ChosenToken Chosen = new(new TokenProbability(5, [32, 97], -0.5f), [new TokenProbability(6, [240], -0.25f)]);
    private static readonly AnswerHeader PlainHeader = new("cmpl-1", 1700000000, "base", null);

    [Fact]
    public void Chat_Whole_HasOpenAisForm() => Equal(
        """
        {"id":"chatcmpl-1","created":1700000000,"model":"cat","system_fingerprint":"sha256:ab","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},
        "finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}},"object":"chat.completion"}
        """,
        AnswerForm.Chat.Whole(Header, [new Answer(0, "hi", "stop")], new UsageBody(3, 2, 5, new PromptTokensBody(1)), []));

    [Fact]
    public void Chat_Opening_CarriesTheRole() => Equal(Chunk("""{"role":"assistant","content":""}""", "null"), AnswerForm.Chat.Opening(Header, 1)!);

    [Fact]
    public void Chat_Delta_CarriesText() => Equal(Chunk("""{"content":"h\u00E9"}""", "null"), AnswerForm.Chat.Delta(Header, 1, "hé"));

    [Fact]
    public void Chat_Closing_CarriesTheReason() => Equal(Chunk("{}", "\"length\""), AnswerForm.Chat.Closing(Header, 1, "length", []));

    [Fact]
    public void Chat_Counted_HasNoChoices() => Equal(
        """
        {"id":"chatcmpl-1","created":1700000000,"model":"cat","system_fingerprint":"sha256:ab","choices":[],
        "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0}},"object":"chat.completion.chunk"}
        """,
        AnswerForm.Chat.Counted(Header, new UsageBody(1, 2, 3, new PromptTokensBody(0))));

    [Fact]
    public void Plain_Whole_HasOpenAisForm() => Equal(
        """
        {"id":"cmpl-1","created":1700000000,"model":"base","system_fingerprint":null,"choices":[{"index":0,"text":"hi","finish_reason":"length","logprobs":null}],
        "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}},"object":"text_completion"}
        """,
        AnswerForm.Plain.Whole(PlainHeader, [new Answer(0, "hi", "length")], new UsageBody(3, 2, 5, new PromptTokensBody(1)), []));

    [Fact]
    public void Plain_Stream_HasNoOpening() => Assert.Null(AnswerForm.Plain.Opening(PlainHeader, 0));

    [Fact]
    public void Plain_Delta_CarriesText() => Equal(
        """
        {"id":"cmpl-1","created":1700000000,"model":"base","system_fingerprint":null,"choices":[{"index":2,"text":"x","finish_reason":null,"logprobs":null}],"object":"text_completion"}
        """,
        AnswerForm.Plain.Delta(PlainHeader, 2, "x"));

    [Fact]
    public void Chat_Delta_CarriesLogProbabilities() => Equal(
        """
        {"id":"chatcmpl-1","created":1700000000,"model":"cat","system_fingerprint":"sha256:ab","choices":[{"index":1,"delta":{"content":"a"},"finish_reason":null,
        "logprobs":{"content":[{"token":" a","logprob":-0.5,"bytes":[32,97],"top_logprobs":[{"token":"\uFFFD","logprob":-0.25,"bytes":[240]}]}],"refusal":null}}],"object":"chat.completion.chunk"}
        """,
        AnswerForm.Chat.Delta(Header, 1, "a", new TokenRun([Chosen], 0)));

    [Fact]
    public void Plain_Delta_CarriesLogProbabilities() => Equal(
        """
        {"id":"cmpl-1","created":1700000000,"model":"base","system_fingerprint":null,"choices":[{"index":2,"text":"a","finish_reason":null,
        "logprobs":{"tokens":[" a"],"token_logprobs":[-0.5],"top_logprobs":[{"\uFFFD":-0.25}],"text_offset":[7]}}],"object":"text_completion"}
        """,
        AnswerForm.Plain.Delta(PlainHeader, 2, "a", new TokenRun([Chosen], 7)));

    private static string Chunk(string delta, string reason) =>
        $$"""
        {"id":"chatcmpl-1","created":1700000000,"model":"cat","system_fingerprint":"sha256:ab","choices":[{"index":1,"delta":{{delta}},"finish_reason":{{reason}},"logprobs":null}],"object":"chat.completion.chunk"}
        """;

    private static void Equal(string expected, byte[] actual) =>
        Assert.Equal(expected.ReplaceLineEndings("").Trim(), Encoding.UTF8.GetString(actual));
}
