using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tenants;

namespace Herd.Silo.Tests.Tenants;

public sealed class AdmissionTests
{
    private readonly ManualTime _time = new();
    private int _requests;

    [Fact]
    public void All_places_can_be_taken_and_no_more()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 2 });

        Assert.Null(Enter(admission, Request("a")));
        Assert.Null(Enter(admission, Request("b")));
        var refusal = Enter(admission, Request("c"));

        Assert.Equal((HerdErrorCode.LimitExceeded, LimitNames.ConcurrentSequences), (refusal!.Code, refusal.Limit));
        Assert.NotNull(refusal.RetryAfter);
    }

    [Fact]
    public void A_place_given_back_can_be_taken_again_and_only_once()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 1 });
        Enter(admission, Request("a"));

        admission.Leave(Used("a"));
        admission.Leave(Used("a"));

        Assert.Null(Enter(admission, Request("b")));
        Assert.NotNull(Enter(admission, Request("c")));
    }

    [Fact]
    public void A_request_takes_its_places_once_however_often_it_asks()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 2, RequestsPerMinute = 2 });

        Assert.Null(Enter(admission, Request("a")));
        Assert.Null(Enter(admission, Request("a")));
        Assert.Null(Enter(admission, Request("b")));
    }

    [Fact]
    public void More_answers_than_there_are_places_can_never_be_had()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 2 });

        Assert.Equal(HerdErrorCode.QuotaExceeded, Enter(admission, Request("a") with { Sequences = 3 })!.Code);
    }

    [Fact]
    public void Requests_of_a_minute_can_come_at_once_and_fall_due_evenly_after_that()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 60 });
        Assert.All(Enumerable.Range(0, 60), index => Assert.Null(Enter(admission, Request($"{index}"))));

        var refusal = Enter(admission, Request("more"));

        Assert.Equal((LimitNames.RequestsPerMinute, TimeSpan.FromSeconds(1)), (refusal!.Limit, refusal.RetryAfter));
        Assert.Equal(TimeSpan.FromSeconds(2), Enter(admission, Request("yet more"))!.RetryAfter);
    }

    [Fact]
    public void Tokens_are_reserved_whole_and_what_was_not_used_is_given_back()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 600 });
        Assert.Null(Enter(admission, Request("a", prompt: 100, answer: 500)));
        Assert.Equal(LimitNames.TokensPerMinute, Enter(admission, Request("b", prompt: 100, answer: 300))!.Limit);

        admission.Leave(Used("a", prompt: 100, generated: 100));

        Assert.Null(Enter(admission, Request("c", prompt: 0, answer: 0)));
        Assert.True(Enter(admission, Request("d", prompt: 0, answer: 1)) is null);
    }

    [Fact]
    public void What_a_replica_counted_takes_the_place_of_the_estimate()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 600 });
        Enter(admission, Request("a", prompt: 300, answer: 300));

        admission.Correct(new UsageMark { RequestId = "a", Started = true, PromptTokens = 100, MostGeneratedTokens = 100 });

        Assert.Null(Enter(admission, Request("b", prompt: 200, answer: 200)));
        Assert.NotNull(Enter(admission, Request("c", prompt: 1, answer: 1)));
    }

    [Fact]
    public void A_request_that_no_replica_took_costs_nothing()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 100, RequestsPerMinute = 1 });
        Enter(admission, Request("a", prompt: 50, answer: 50));

        admission.Leave(new UsageMark { RequestId = "a" });

        Assert.Null(Enter(admission, Request("b", prompt: 50, answer: 50)));
    }

    [Fact]
    public void A_request_larger_than_a_minutes_tokens_waits_for_all_of_them()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 100 });
        Assert.Null(Enter(admission, Request("a", prompt: 10, answer: 1000)));

        Assert.Equal(TimeSpan.FromMinutes(1), Enter(admission, Request("b", prompt: 10, answer: 1000))!.RetryAfter);
    }

    [Fact]
    public void Negative_corrections_cannot_fill_more_than_a_minutes_tokens()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 100 });
        Assert.Null(Enter(admission, Request("a", prompt: 0, answer: 100)));
        admission.Leave(Used("a", 0, 0));
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Null(Enter(admission, Request("b", prompt: 0, answer: 100)));
        Assert.NotNull(Enter(admission, Request("c", prompt: 0, answer: 1)));
    }

    [Fact]
    public void Limits_can_change_while_requests_run()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 1, RequestsPerMinute = 1 });
        Enter(admission, Request("a"));
        Assert.NotNull(Enter(admission, Request("b")));

        admission.Change(new TenantLimits { ConcurrentSequences = 3 });

        Assert.Null(Enter(admission, Request("c")));
        Assert.Null(Enter(admission, Request("d")));
        admission.Change(new TenantLimits { ConcurrentSequences = 1 });
        Assert.Equal(LimitNames.ConcurrentSequences, Enter(admission, Request("e"))!.Limit);
    }

    [Fact]
    public void Whoever_returns_on_time_is_let_in_before_those_who_come_first()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 60 });
        Assert.All(Enumerable.Range(0, 60), index => Assert.Null(Enter(admission, Request($"{index}"))));
        var told = Enter(admission, Request("first try") with { Fingerprint = "mine" })!.RetryAfter!.Value;

        _time.Advance(told);

        Assert.NotNull(Enter(admission, Request("stranger")));
        Assert.Null(Enter(admission, Request("second try") with { Fingerprint = "mine" }));
    }

    [Fact]
    public void Those_who_never_return_cost_the_others_no_throughput()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 600, ConcurrentSequences = 4 });
        var admitted = 0;
        for (var tick = 0; tick < 6000; tick++)
        {
            // 20 a second come, nobody twice; each is answered in 100 ms.
            _time.Advance(TimeSpan.FromMilliseconds(50));
            admission.Leave(Used($"r{tick - 2}"));
            admitted += Enter(admission, Request($"r{tick}")) is null ? 1 : 0;
        }

        Assert.InRange(admitted, 0.9 * 3000, 3000 + 600 + 1);
    }

    [Fact]
    public void Whoever_comes_too_early_is_told_his_own_time_again_and_books_no_more()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 60 });
        Assert.All(Enumerable.Range(0, 60), index => Assert.Null(Enter(admission, Request($"{index}"))));
        Assert.Equal(TimeSpan.FromSeconds(1), Enter(admission, Request("first try") with { Fingerprint = "mine" })!.RetryAfter);

        foreach (var early in Enumerable.Range(1, 9))
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            var again = Enter(admission, Request($"early {early}") with { Fingerprint = "mine" });
            Assert.Equal((LimitNames.RequestsPerMinute, TimeSpan.FromMilliseconds(1000 - (100 * early))), (again!.Limit, again.RetryAfter!.Value));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(1100), Enter(admission, Request("another"))!.RetryAfter);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Null(Enter(admission, Request("on time") with { Fingerprint = "mine" }));
    }

    [Fact]
    public void Many_who_ask_the_same_at_once_are_each_told_a_time_that_is_right()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 60, ConcurrentSequences = 100 });
        Assert.All(Enumerable.Range(0, 60), index => Assert.Null(Enter(admission, Request($"{index}") with { Fingerprint = "same" })));

        var told = Enumerable.Range(0, 10).Select(index => Enter(admission, Request($"more {index}") with { Fingerprint = "same" })!.RetryAfter!.Value).ToArray();

        Assert.Equal(Enumerable.Range(1, 10).Select(seconds => TimeSpan.FromSeconds(seconds)), told);
        Assert.All(Enumerable.Range(0, 10), index =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Null(Enter(admission, Request($"again {index}") with { Fingerprint = "same" }));
        });
    }

    [Fact]
    public async Task Whoever_returns_on_time_and_finds_no_place_waits_for_it()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 1 });
        Enter(admission, Request("long"));
        _time.Advance(Enter(admission, Request("first try") with { Fingerprint = "mine" })!.RetryAfter!.Value);

        var waiting = admission.EnterAsync(Request("second try") with { Fingerprint = "mine" });
        var stranger = Enter(admission, Request("stranger"));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(LimitNames.ConcurrentSequences, stranger!.Limit);
        admission.Leave(Used("long"));

        Assert.Null(await waiting);
        Assert.NotNull(Enter(admission, Request("another")));
    }

    [Fact]
    public async Task Whoever_waits_in_vain_is_told_another_time()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 1 });
        Enter(admission, Request("long"));
        _time.Advance(Enter(admission, Request("first try") with { Fingerprint = "mine" })!.RetryAfter!.Value);
        var waiting = admission.EnterAsync(Request("second try") with { Fingerprint = "mine" });

        admission.GiveUp("second try");

        var refusal = await waiting;
        Assert.Equal((HerdErrorCode.LimitExceeded, LimitNames.ConcurrentSequences), (refusal!.Code, refusal.Limit));
        Assert.NotNull(refusal.RetryAfter);
        admission.Leave(Used("long"));
        _time.Advance(refusal.RetryAfter.Value);
        Assert.Null(Enter(admission, Request("third try") with { Fingerprint = "mine" }));
    }

    [Fact]
    public async Task Whoever_waits_when_the_limit_is_lowered_below_his_need_is_refused()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 2 });
        Enter(admission, Request("long"));
        _time.Advance(Enter(admission, Request("first try") with { Fingerprint = "mine", Sequences = 2 })!.RetryAfter!.Value);
        var waiting = admission.EnterAsync(Request("second try") with { Fingerprint = "mine", Sequences = 2 });

        admission.Change(new TenantLimits { ConcurrentSequences = 1 });

        Assert.Equal(HerdErrorCode.QuotaExceeded, (await waiting)!.Code);
    }

    private static HerdException? Enter(Admission admission, AdmissionRequest request)
    {
        var entering = admission.EnterAsync(request);
        Assert.True(entering.IsCompleted, "it waits");
        return entering.GetAwaiter().GetResult();
    }

    private Admission New(TenantLimits limits) => new(limits, _time);

    private AdmissionRequest Request(string id, long prompt = 1, long answer = 1) =>
        new() { RequestId = id, PromptTokens = prompt, AnswerTokens = answer, Fingerprint = $"asks {_requests++}" };

    private static UsageMark Used(string id, long prompt = 1, long generated = 1) =>
        new() { RequestId = id, Started = true, PromptTokens = prompt, GeneratedTokens = generated };
}
