using CsCheck;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tenants;

namespace Herd.Silo.Tests.Tenants;

/// <summary>What holds whoever comes, goes, returns, waits and gives up, in whatever order.</summary>
public sealed class AdmissionLawTests
{
    private enum Act
    {
        Come,
        Return,
        ReturnEarly,
        Leave,
        Cancel,
        GiveUp,
        Pause,
        ChangeLimit,
    }

    private static readonly Gen<(int Limit, (Act Act, int Pick)[] Steps)> Games =
        Gen.Select(Gen.Int[1, 4], Gen.Select(Gen.Int[0, 7], Gen.Int[0, 10_000], (act, pick) => ((Act)act, pick)).Array[1, 150]);

    [Fact]
    public void Nobody_is_let_in_beyond_the_limit_waiters_go_in_order_and_who_gives_up_leaves_nothing_behind() => Games.Sample(
        game =>
        {
            var play = new Play(game.Limit);
            foreach (var (act, pick) in game.Steps)
            {
                play.Do(act, pick);
                play.Check();
            }

            play.End();
        },
        iter: 2000);

    private sealed class Play
    {
        private static readonly TimeSpan LongerThanAnyPromise = TimeSpan.FromHours(1);

        private readonly ManualTime _time = new();
        private readonly Admission _admission;
        private readonly Dictionary<string, int> _inside = [];
        private readonly List<(AdmissionRequest Request, DateTimeOffset Due)> _told = [];
        private readonly List<(AdmissionRequest Request, DateTimeOffset Due, Task<HerdException?> Entering)> _waiting = [];
        private int _limit;
        private int _ids;

        public Play(int limit) => (_limit, _admission) = (limit, new Admission(new TenantLimits { ConcurrentSequences = limit }, _time));

        private int Taken => _inside.Values.Sum();

        public void Do(Act act, int pick)
        {
            var before = _waiting.ToArray();
            var taken = Taken;
            switch (act)
            {
                case Act.Come:
                    Enter(new AdmissionRequest { RequestId = $"{_ids++}", Fingerprint = $"asks {_ids}", Sequences = 1 + (pick % _limit) }, due: null);
                    break;
                case Act.Return or Act.ReturnEarly when _told.Count > 0:
                    Return(pick % _told.Count, isEarly: act == Act.ReturnEarly);
                    break;
                case Act.Leave when _inside.Count > 0:
                    Leave(_inside.Keys.ElementAt(pick % _inside.Count));
                    break;
                case Act.Cancel when _waiting.Count > 0:
                    _admission.Leave(new UsageMark { RequestId = _waiting[pick % _waiting.Count].Request.RequestId });
                    break;
                case Act.GiveUp when _waiting.Count > 0:
                    _admission.GiveUp(_waiting[pick % _waiting.Count].Request.RequestId);
                    break;
                case Act.Pause:
                    _time.Advance(TimeSpan.FromMilliseconds(pick));
                    break;
                case Act.ChangeLimit:
                    _limit = 1 + (pick % 4);
                    _admission.Change(new TenantLimits { ConcurrentSequences = _limit });
                    break;
            }

            Hear();
            Assert.True(Taken <= Math.Max(_limit, taken), $"{Taken} inside of {_limit}");
            CheckOrder(before);
        }

        /// <summary>No place stays free that the first in the line could have.</summary>
        public void Check()
        {
            if (_waiting.Count > 0)
            {
                Assert.True(_waiting.OrderBy(waiting => waiting.Due).First().Request.Sequences > _limit - Taken);
            }
        }

        /// <summary>When all have gone, everything can be had again.</summary>
        public void End()
        {
            while (_inside.Count > 0 || _waiting.Count > 0)
            {
                Assert.NotEmpty(_inside);
                Leave(_inside.Keys.First());
                Hear();
            }

            _time.Advance(LongerThanAnyPromise);
            var all = _admission.EnterAsync(new AdmissionRequest { RequestId = "all", Fingerprint = "all", Sequences = _limit });
            Assert.True(all.IsCompletedSuccessfully);
            Assert.Null(all.GetAwaiter().GetResult());
        }

        private void Enter(AdmissionRequest request, DateTimeOffset? due) => _waiting.Add((request, due ?? DateTimeOffset.MaxValue, _admission.EnterAsync(request)));

        private void Return(int index, bool isEarly)
        {
            var (request, due) = _told[index];
            _told.RemoveAt(index);
            var wait = due - _time.GetUtcNow();
            _time.Advance(isEarly || wait < Admission.Soonest ? Admission.Soonest : wait);

            Enter(request with { RequestId = $"{_ids++}" }, due);
        }

        private void Leave(string id)
        {
            _inside.Remove(id);
            _admission.Leave(new UsageMark { RequestId = id, Started = true });
        }

        private void Hear()
        {
            foreach (var (request, due, entering) in _waiting.Where(waiting => waiting.Entering.IsCompleted))
            {
                Assert.True(_admission.IsInside(request.RequestId) == entering.GetAwaiter().GetResult() is null);
                if (entering.GetAwaiter().GetResult() is not { } refusal)
                {
                    _inside.Add(request.RequestId, request.Sequences);
                }
                else if (refusal.RetryAfter is { } told)
                {
                    _told.Add((request, _time.GetUtcNow() + told));
                }
            }

            _waiting.RemoveAll(waiting => waiting.Entering.IsCompleted);
        }

        private void CheckOrder((AdmissionRequest Request, DateTimeOffset Due, Task<HerdException?> Entering)[] before)
        {
            var served = before.Where(waiting => _inside.ContainsKey(waiting.Request.RequestId)).Select(waiting => waiting.Due).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
            Assert.All(_waiting.Where(before.Contains), waiting => Assert.True(served <= waiting.Due, "a waiter was overtaken"));
        }
    }
}
