using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;

namespace Herd.Silo.Tests.Routing;

public sealed class ReceivedAnswerTests
{
    private static readonly GenerationStarted Started = new() { PromptIds = [1], PromptTokens = 1, TokenizerDigest = "t", Seed = 42, MaxTokens = 9 };

    private readonly ReceivedAnswer _answer = new(new GenerateRequest
    {
        RequestId = "r",
        Tenant = "t",
        Prompt = new TextPrompt("x"),
        Sampling = new SamplingParameters(),
    });

    [Fact]
    public void What_is_left_is_asked_for_with_the_seed_and_length_in_force()
    {
        _answer.ToRequest();
        _answer.Take(Started);
        _answer.Take(Tokens(0, (7, "a"), (8, "b"), (9, "c")));

        var rest = _answer.ToRequest();

        Assert.Equal([7, 8], rest.ResumeIds);
        Assert.Equal((42, 9), (rest.Sampling.Seed, rest.Sampling.MaxTokens));
    }

    [Fact]
    public void The_repeated_token_is_dropped_and_what_follows_is_passed_on()
    {
        _answer.Take(Started);
        _answer.Take(Tokens(0, (7, "a"), (8, "b")));
        _answer.ToRequest();
        Assert.Null(_answer.Take(Started));

        var news = Assert.IsType<TokensGenerated>(_answer.Take(Tokens(1, (8, "b"), (9, "cd"))));

        Assert.Equal((2, "cd"), (news.FirstIndex, news.Text));
        Assert.Equal([9], news.Ids);
        Assert.Equal([2], news.TextEnds);
    }

    [Fact]
    public void The_log_probabilities_of_the_repeated_token_are_dropped_with_it()
    {
        static ChosenToken Chosen(int id) => new(new TokenProbability(id, [97], -1), []);
        _answer.Take(Started);
        _answer.Take(Tokens(0, (7, "a"), (8, "b")) with { LogProbabilities = [Chosen(7), Chosen(8)] });
        _answer.ToRequest();
        _answer.Take(Started);

        var news = Assert.IsType<TokensGenerated>(_answer.Take(Tokens(1, (8, "b"), (9, "c")) with { LogProbabilities = [Chosen(8), Chosen(9)] }));

        Assert.Equal([9], news.LogProbabilities.Select(chosen => chosen.Token.Id));
    }

    [Fact]
    public void A_repeated_token_alone_is_no_news()
    {
        _answer.Take(Started);
        _answer.Take(Tokens(0, (7, "a")));
        _answer.ToRequest();

        Assert.Null(_answer.Take(Tokens(0, (7, "a"))));
        Assert.NotNull(_answer.Take(Tokens(1, (8, "b"))));
    }

    [Fact]
    public void A_replica_that_goes_on_otherwise_is_refused()
    {
        _answer.Take(Started);
        _answer.Take(Tokens(0, (7, "a")));
        _answer.ToRequest();

        var refused = Assert.Throws<HerdException>(() => _answer.Take(Tokens(0, (6, "z"))));

        Assert.Equal(HerdErrorCode.Restarted, refused.Code);
    }

    [Fact]
    public void Text_behind_the_last_token_comes_once_though_the_end_comes_twice()
    {
        _answer.Take(Started);
        _answer.Take(Tokens(0, (7, "a")));
        Assert.NotNull(_answer.Take(new TokensGenerated(1, [], "#")));
        _answer.ToRequest();

        Assert.Null(_answer.Take(Tokens(0, (7, "a")) with { Text = "a#" }));
    }

    [Fact]
    public void A_begun_answer_is_gone_on_with_behind_its_last_token()
    {
        var answer = new ReceivedAnswer(
            new GenerateRequest { RequestId = "r", Tenant = "t", Prompt = new TextPrompt("x"), Sampling = new SamplingParameters() }, new BegunAnswer(Started, [7, 8]));

        var rest = answer.ToRequest();

        Assert.Equal([7], rest.ResumeIds);
        Assert.Equal((42, 9), (rest.Sampling.Seed, rest.Sampling.MaxTokens));
        Assert.Null(answer.Take(Started));
        Assert.Null(answer.Take(Tokens(1, (8, "b"))));
        Assert.NotNull(answer.Take(Tokens(2, (9, "c"))));
    }

    [Fact]
    public void A_request_whose_replicas_are_lost_again_and_again_is_given_up()
    {
        var attempts = Enumerable.Range(0, 100).Select(_ => _answer.ToRequest());

        var refused = Assert.Throws<HerdException>(() => attempts.Count(request => request.RequestId == "r"));

        Assert.Equal(HerdErrorCode.Unavailable, refused.Code);
    }

    private static TokensGenerated Tokens(int first, params (int Id, string Text)[] tokens) => new(
        first, [.. tokens.Select(token => token.Id)], string.Concat(tokens.Select(token => token.Text)))
    {
        TextEnds = [.. tokens.Select((_, i) => tokens.Take(i + 1).Sum(token => token.Text.Length))],
    };
}
