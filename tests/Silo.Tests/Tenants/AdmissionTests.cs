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

        Assert.Null(admission.Enter(Request("a")));
        Assert.Null(admission.Enter(Request("b")));
        var refusal = admission.Enter(Request("c"));

        Assert.Equal((HerdErrorCode.LimitExceeded, LimitNames.ConcurrentSequences), (refusal!.Code, refusal.Limit));
        Assert.NotNull(refusal.RetryAfter);
    }

    [Fact]
    public void A_place_given_back_can_be_taken_again_and_only_once()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 1 });
        admission.Enter(Request("a"));

        admission.Leave(Used("a"));
        admission.Leave(Used("a"));

        Assert.Null(admission.Enter(Request("b")));
        Assert.NotNull(admission.Enter(Request("c")));
    }

    [Fact]
    public void A_request_takes_its_places_once_however_often_it_asks()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 2, RequestsPerMinute = 2 });

        Assert.Null(admission.Enter(Request("a")));
        Assert.Null(admission.Enter(Request("a")));
        Assert.Null(admission.Enter(Request("b")));
    }

    [Fact]
    public void More_answers_than_there_are_places_can_never_be_had()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 2 });

        Assert.Equal(HerdErrorCode.QuotaExceeded, admission.Enter(Request("a") with { Sequences = 3 })!.Code);
    }

    [Fact]
    public void Requests_of_a_minute_can_come_at_once_and_fall_due_evenly_after_that()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 60 });
        Assert.All(Enumerable.Range(0, 60), index => Assert.Null(admission.Enter(Request($"{index}"))));

        var refusal = admission.Enter(Request("more"));

        Assert.Equal((LimitNames.RequestsPerMinute, TimeSpan.FromSeconds(1)), (refusal!.Limit, refusal.RetryAfter));
        Assert.Equal(TimeSpan.FromSeconds(2), admission.Enter(Request("yet more"))!.RetryAfter);
    }

    [Fact]
    public void Tokens_are_reserved_whole_and_what_was_not_used_is_given_back()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 600 });
        Assert.Null(admission.Enter(Request("a", prompt: 100, answer: 500)));
        Assert.Equal(LimitNames.TokensPerMinute, admission.Enter(Request("b", prompt: 100, answer: 300))!.Limit);

        admission.Leave(Used("a", prompt: 100, generated: 100));

        Assert.Null(admission.Enter(Request("c", prompt: 0, answer: 0)));
        Assert.True(admission.Enter(Request("d", prompt: 0, answer: 1)) is null);
    }

    [Fact]
    public void What_a_replica_counted_takes_the_place_of_the_estimate()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 600 });
        admission.Enter(Request("a", prompt: 300, answer: 300));

        admission.Correct(new UsageMark { RequestId = "a", Started = true, PromptTokens = 100, MostGeneratedTokens = 100 });

        Assert.Null(admission.Enter(Request("b", prompt: 200, answer: 200)));
        Assert.NotNull(admission.Enter(Request("c", prompt: 1, answer: 1)));
    }

    [Fact]
    public void A_request_that_no_replica_took_costs_nothing()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 100, RequestsPerMinute = 1 });
        admission.Enter(Request("a", prompt: 50, answer: 50));

        admission.Leave(new UsageMark { RequestId = "a" });

        Assert.Null(admission.Enter(Request("b", prompt: 50, answer: 50)));
    }

    [Fact]
    public void A_request_larger_than_a_minutes_tokens_waits_for_all_of_them()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 100 });
        Assert.Null(admission.Enter(Request("a", prompt: 10, answer: 1000)));

        Assert.Equal(TimeSpan.FromMinutes(1), admission.Enter(Request("b", prompt: 10, answer: 1000))!.RetryAfter);
    }

    [Fact]
    public void Negative_corrections_cannot_fill_more_than_a_minutes_tokens()
    {
        var admission = New(new TenantLimits { TokensPerMinute = 100 });
        Assert.Null(admission.Enter(Request("a", prompt: 0, answer: 100)));
        admission.Leave(Used("a", 0, 0));
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Null(admission.Enter(Request("b", prompt: 0, answer: 100)));
        Assert.NotNull(admission.Enter(Request("c", prompt: 0, answer: 1)));
    }

    [Fact]
    public void Limits_can_change_while_requests_run()
    {
        var admission = New(new TenantLimits { ConcurrentSequences = 1, RequestsPerMinute = 1 });
        admission.Enter(Request("a"));
        Assert.NotNull(admission.Enter(Request("b")));

        admission.Change(new TenantLimits { ConcurrentSequences = 3 });

        Assert.Null(admission.Enter(Request("c")));
        Assert.Null(admission.Enter(Request("d")));
        admission.Change(new TenantLimits { ConcurrentSequences = 1 });
        Assert.Equal(LimitNames.ConcurrentSequences, admission.Enter(Request("e"))!.Limit);
    }

    [Fact]
    public void Whoever_returns_on_time_is_let_in_before_those_who_come_first()
    {
        var admission = New(new TenantLimits { RequestsPerMinute = 60 });
        Assert.All(Enumerable.Range(0, 60), index => Assert.Null(admission.Enter(Request($"{index}"))));
        var told = admission.Enter(Request("first try") with { Fingerprint = "mine" })!.RetryAfter!.Value;

        _time.Advance(told);

        Assert.NotNull(admission.Enter(Request("stranger")));
        Assert.Null(admission.Enter(Request("second try") with { Fingerprint = "mine" }));
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
            admitted += admission.Enter(Request($"r{tick}")) is null ? 1 : 0;
        }

        Assert.InRange(admitted, 0.9 * 3000, 3000 + 600 + 1);
    }

    /// <summary>Clients without end, each of which comes back when it was told, among others who come for the first time: how often were they told the truth?</summary>
    [Fact]
    public void Retry_times_prove_right_for_those_who_return_on_time()
    {
        var returned = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var limit = new TenantLimits
            {
                ConcurrentSequences = random.Next(1, 8 + 1),
                RequestsPerMinute = random.Next(60, 1200 + 1),
                TokensPerMinute = random.Next(2000, 60_000 + 1),
            };
            var gap = random.Next(50, 400 + 1);

            var (right, all) = new Traffic(limit, random, TimeSpan.FromMilliseconds(gap)).Run(TimeSpan.FromMinutes(5));

            Assert.True(right >= 0.95 * all, $"{right} of {all} with {limit}, one every {gap} ms, seed {seed}");
            returned += all;
        }

        Assert.True(returned > 1000, $"{returned} came back");
    }

    private Admission New(TenantLimits limits) => new(limits, _time);

    private AdmissionRequest Request(string id, long prompt = 1, long answer = 1) =>
        new() { RequestId = id, PromptTokens = prompt, AnswerTokens = answer, Fingerprint = $"asks {_requests++}" };

    private static UsageMark Used(string id, long prompt = 1, long generated = 1) =>
        new() { RequestId = id, Started = true, PromptTokens = prompt, GeneratedTokens = generated };

    /// <summary>Requests that arrive by chance, take their time, and come back when they are told, up to a second late.</summary>
    private sealed class Traffic(TenantLimits limits, Random random, TimeSpan gap)
    {
        private readonly ManualTime _time = new();
        private readonly PriorityQueue<Client, DateTimeOffset> _events = new();
        private int _right;
        private int _returned;
        private int _ids;

        public (int Right, int Returned) Run(TimeSpan length)
        {
            var admission = new Admission(limits, _time);
            var end = _time.GetUtcNow() + length;
            Schedule(Fresh(), Wait());
            while (_events.TryDequeue(out var client, out var moment) && moment < end)
            {
                _time.Advance(moment - _time.GetUtcNow());
                Handle(admission, client);
            }

            return (_right, _returned);
        }

        private void Handle(Admission admission, Client client)
        {
            if (client.Inside is { } id)
            {
                admission.Leave(Used(id, client.Prompt, random.Next(1, client.Answer + 1)));
                return;
            }

            if (client.Tries == 0)
            {
                Schedule(Fresh(), Wait());
            }

            var request = new AdmissionRequest
            {
                RequestId = $"{_ids++}",
                Fingerprint = client.Asks,
                PromptTokens = client.Prompt,
                AnswerTokens = client.Answer,
            };
            var refusal = admission.Enter(request);
            _returned += client.Tries > 0 ? 1 : 0;
            _right += client.Tries > 0 && refusal is null ? 1 : 0;
            if (refusal is null)
            {
                Schedule(client with { Inside = request.RequestId }, TimeSpan.FromMilliseconds(200 + random.Next(1000)));
            }
            else if (client.Tries < 5)
            {
                Schedule(client with { Tries = client.Tries + 1 }, refusal.RetryAfter!.Value + TimeSpan.FromMilliseconds(random.Next(1000)));
            }
        }

        private Client Fresh() => new($"client {_ids++}", random.Next(10, 300), random.Next(10, 200));

        private TimeSpan Wait() => gap * -Math.Log(1 - random.NextDouble());

        private void Schedule(Client client, TimeSpan after) => _events.Enqueue(client, _time.GetUtcNow() + after);

        private sealed record Client(string Asks, int Prompt, int Answer)
        {
            public int Tries { get; init; }

            public string? Inside { get; init; }
        }
    }
}
