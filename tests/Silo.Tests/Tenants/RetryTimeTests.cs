using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tenants;

namespace Herd.Silo.Tests.Tenants;

/// <summary>Clients without end, each of which comes back when it was told, among others who come for the first time: how often were they told the truth?</summary>
public sealed class RetryTimeTests
{
    private const int Seeds = 60;

    [Fact]
    public void Retry_times_prove_right_for_those_who_return_on_time() => Hold((random, limits) => new Traffic(limits, random));

    /// <summary>As on a machine that is now idle and now busy: what took lately says little of what comes.</summary>
    [Fact]
    public void Retry_times_prove_right_where_answers_take_now_this_long_and_now_that() =>
        Hold((random, limits) => new Traffic(limits with { RequestsPerMinute = null, TokensPerMinute = null }, random) { IsUneven = true });

    private static void Hold(Func<Random, TenantLimits, Traffic> make)
    {
        var (allRight, allReturned) = (0, 0);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var limits = new TenantLimits
            {
                ConcurrentSequences = random.Next(1, 8 + 1),
                RequestsPerMinute = random.Next(60, 1200 + 1),
                TokensPerMinute = random.Next(2000, 60_000 + 1),
            };

            var (right, returned) = make(random, limits).Run(TimeSpan.FromMinutes(5));

            Assert.True(right >= 0.95 * returned, $"{right} of {returned} with {limits}, seed {seed}");
            (allRight, allReturned) = (allRight + right, allReturned + returned);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{allRight} of {allReturned} who returned on time were let in.");
        Assert.True(allReturned > 1000, $"{allReturned} came back");
    }

    /// <summary>Requests that arrive by chance, take their time, and come back when they are told, up to a second late.</summary>
    private sealed class Traffic
    {
        private const int MostTries = 5;

        private readonly ManualTime _time = new();
        private readonly PriorityQueue<Action, DateTimeOffset> _events = new();
        private readonly List<(Client Client, string Id, Task<HerdException?> Entering)> _waiting = [];
        private readonly Admission _admission;
        private readonly Random _random;
        private readonly TimeSpan _gap;
        private int _right;
        private int _returned;
        private int _ids;

        public Traffic(TenantLimits limits, Random random)
        {
            (_random, _admission) = (random, new Admission(limits, _time));
            _gap = TimeSpan.FromMilliseconds(random.Next(50, 400 + 1));
        }

        public bool IsUneven { get; init; }

        public (int Right, int Returned) Run(TimeSpan length)
        {
            var end = _time.GetUtcNow() + length;
            Schedule(Arrive, Wait());
            while (_events.TryDequeue(out var happen, out var moment) && moment < end)
            {
                _time.Advance(moment - _time.GetUtcNow());
                happen();
                HearWaiting();
            }

            return (_right, _returned);
        }

        private void Arrive()
        {
            Schedule(Arrive, Wait());
            Try(new Client($"client {_ids++}", _random.Next(10, 300), _random.Next(10, 200), Tries: 0));
        }

        private void Try(Client client)
        {
            var request = new AdmissionRequest
            {
                RequestId = $"{_ids++}",
                Fingerprint = client.Asks,
                PromptTokens = client.Prompt,
                AnswerTokens = client.Answer,
            };
            _waiting.Add((client, request.RequestId, _admission.EnterAsync(request)));
            Schedule(() => _admission.GiveUp(request.RequestId), TenantAccount.Patience);
        }

        private void HearWaiting()
        {
            foreach (var (client, id, entering) in _waiting.Where(waiting => waiting.Entering.IsCompleted).ToArray())
            {
                _waiting.RemoveAll(waiting => waiting.Id == id);
                Go(client, id, entering.GetAwaiter().GetResult());
            }
        }

        private void Go(Client client, string id, HerdException? refusal)
        {
            _returned += client.Tries > 0 ? 1 : 0;
            _right += client.Tries > 0 && refusal is null ? 1 : 0;
            if (refusal is null)
            {
                Schedule(() => _admission.Leave(Used(client, id)), AnswerTime());
            }
            else if (client.Tries < MostTries)
            {
                Schedule(() => Try(client with { Tries = client.Tries + 1 }), refusal.RetryAfter!.Value + TimeSpan.FromMilliseconds(_random.Next(1000)));
            }
        }

        private UsageMark Used(Client client, string id) =>
            new() { RequestId = id, Started = true, PromptTokens = client.Prompt, GeneratedTokens = _random.Next(1, client.Answer + 1) };

        private TimeSpan AnswerTime()
        {
            // Twenty seconds of leisure, twenty in which all takes three times as long.
            var slow = IsUneven && _time.GetUtcNow().Second / 20 % 2 == 1;
            return TimeSpan.FromMilliseconds(200 + _random.Next(1000)) * (slow ? 3 : 1);
        }

        private TimeSpan Wait() => _gap * -Math.Log(1 - _random.NextDouble());

        private void Schedule(Action happen, TimeSpan after) => _events.Enqueue(happen, _time.GetUtcNow() + after);

        private sealed record Client(string Asks, int Prompt, int Answer, int Tries);
    }
}
