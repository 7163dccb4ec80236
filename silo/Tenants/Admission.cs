using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>Lets a tenant's requests in or tells them when to come back. Whoever comes back then finds what he was promised.</summary>
/// <remarks>
/// A request reserves its prompt's tokens as estimated and all the tokens its answers may have, and gives back at the end what it did not use: nothing but new
/// requests can make a promise wrong, and they come behind those who hold one. When a place falls free can only be guessed, so whoever comes back too soon for
/// one waits (docs/design/0020-usage-and-limits.md).
/// </remarks>
internal sealed class Admission
{
    /// <summary>The soonest that anybody is told to come back.</summary>
    internal static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(50);

    // What timers and clocks round away: whoever comes no more than this too early comes at his time.
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(2);

    private readonly TimeProvider _time;
    private readonly Places _places;
    private readonly Bookings _bookings = new();
    private readonly WaitingLine _line = new();
    private readonly SharedFingerprints _shared = new();
    private readonly Dictionary<string, Inside> _inside = new(StringComparer.Ordinal);
    private Allowance? _requests;
    private Allowance? _tokens;

    internal Admission(TenantLimits limits, TimeProvider time)
    {
        (_time, _places) = (time, new Places(limits.ConcurrentSequences));
        Change(limits);
    }

    internal bool IsInside(string requestId) => _inside.ContainsKey(requestId);

    /// <summary>Puts other limits in force.</summary>
    internal void Change(TenantLimits limits)
    {
        var now = _time.GetUtcNow();
        _places.Limit = limits.ConcurrentSequences;
        _requests = Change(_requests, limits.RequestsPerMinute, now);
        _tokens = Change(_tokens, limits.TokensPerMinute, now);
        LetIn(now);
    }

    /// <summary>Lets a request in; one that is in stays in.</summary>
    /// <returns>
    /// Null where it is in, else why not and when to come back. It ends at once, but for one who came back on time and finds no place: he waits until one falls
    /// free, or for <see cref="GiveUp"/>.
    /// </returns>
    internal Task<HerdException?> EnterAsync(AdmissionRequest request)
    {
        if (_line.Find(request.RequestId) is { } waiter)
        {
            return waiter.Ended;
        }

        if (IsInside(request.RequestId))
        {
            return Answer(null);
        }

        if (TooMany(request) is { } never)
        {
            return Answer(never);
        }

        var now = _time.GetUtcNow();
        _bookings.Forget(now);
        var booking = _bookings.Find(request.Fingerprint);
        NoteShared(request.Fingerprint, booking, now);
        return booking is not null && booking.Due - now <= Rounding ? ReturnAsync(request, booking, now) : Answer(Enter(request, booking, now));
    }

    /// <summary>Ends the waiting of one for whom no place fell free in good time: he is told another time.</summary>
    internal void GiveUp(string requestId)
    {
        if (_line.Find(requestId) is { } waiter)
        {
            var now = _time.GetUtcNow();
            _line.Remove(waiter);
            waiter.End(Refuse(waiter.Request, LimitNames.ConcurrentSequences, now));
            LetIn(now);
        }
    }

    /// <summary>Takes note of a request that was let in by others, whatever the limits are.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="sequences">The places it takes.</param>
    /// <param name="charged">Its tokens that were taken off the minute's amount already.</param>
    internal void Adopt(string requestId, int sequences, double charged)
    {
        _places.Take(requestId, sequences, _time.GetUtcNow());
        _inside.TryAdd(requestId, new Inside(Fingerprint: "", charged));
    }

    /// <summary>Puts what a replica counted in place of what was estimated.</summary>
    internal void Correct(UsageMark mark)
    {
        if (mark.MostGeneratedTokens > 0 && IsInside(mark.RequestId))
        {
            Charge(mark.RequestId, mark.PromptTokens + mark.MostGeneratedTokens);
        }
    }

    /// <summary>Ends a request, also one that waits; twice is no error.</summary>
    internal void Leave(UsageMark used)
    {
        var now = _time.GetUtcNow();
        if (_line.Find(used.RequestId) is { } waiter)
        {
            _line.Remove(waiter);
            waiter.End(new HerdException(HerdErrorCode.Cancelled, "The request was given up while it waited for a place."));
        }
        else if (IsInside(used.RequestId))
        {
            Charge(used.RequestId, used.Started ? used.PromptTokens + used.GeneratedTokens : 0);
            _requests?.Take(used.Started ? 0 : -1, now);
            _inside.Remove(used.RequestId);
            _places.Leave(used.RequestId, used.Started, now);
        }

        LetIn(now);
    }

    private void Charge(string requestId, double tokens)
    {
        var inside = _inside[requestId];
        _tokens?.Take(tokens - inside.Tokens, _time.GetUtcNow());
        _inside[requestId] = inside with { Tokens = tokens };
    }

    /// <summary>Notes where several ask the same: one comes while another is inside or waits, or sooner than anybody can have been told to.</summary>
    private void NoteShared(string fingerprint, Booking? booking, DateTimeOffset now)
    {
        if (now - booking?.Made < Soonest || _line.Has(fingerprint) || _inside.Values.Any(inside => inside.Fingerprint == fingerprint))
        {
            _shared.Add(fingerprint, now);
        }
    }

    /// <summary>Whoever comes at his time goes before all who were told a later one or none.</summary>
    private Task<HerdException?> ReturnAsync(AdmissionRequest request, Booking booking, DateTimeOffset now)
    {
        _bookings.Redeem(booking, now);
        if (_line.IsFull)
        {
            return Answer(Refuse(request, LimitNames.ConcurrentSequences, now));
        }

        var waiter = new Waiter(request, booking);
        _line.Add(waiter);
        LetIn(now);
        return waiter.Ended;
    }

    /// <summary>Whoever comes for the first time may have what was promised to nobody; whoever comes early may, too, and keeps his own time otherwise.</summary>
    private HerdException? Enter(AdmissionRequest request, Booking? booking, DateTimeOffset now)
    {
        var own = _shared.Has(request.Fingerprint, now) ? null : booking;
        var limit = _line.First is null ? FindRefusal(request, [.. _bookings.All.Where(other => other != own)], now) : LimitNames.ConcurrentSequences;
        if (limit is not null)
        {
            return own is null ? Refuse(request, limit, now) : Refusal(limit, own.Due, now);
        }

        if (own is not null)
        {
            _bookings.Redeem(own, now);
        }

        TakeIn(request, now);
        return null;
    }

    /// <summary>Lets those in who wait, in their order, as far as there are places.</summary>
    private void LetIn(DateTimeOffset now)
    {
        while (_line.First is { Request: var request } waiter)
        {
            var never = TooMany(request);
            var limit = FindRefusal(request, kept: [], waiter.Booking.Due > now ? waiter.Booking.Due : now);
            if (never is null && limit == LimitNames.ConcurrentSequences)
            {
                return;
            }

            _line.Remove(waiter);
            if (never is null && limit is null)
            {
                TakeIn(request, now);
            }

            waiter.End(never ?? (limit is null ? null : Refuse(request, limit, now)));
        }
    }

    private void TakeIn(AdmissionRequest request, DateTimeOffset now)
    {
        var cost = CostOf(request);
        _requests?.Take(1, now);
        _tokens?.Take(cost.Tokens, now);
        _places.Take(request.RequestId, cost.Sequences, now);
        _inside.Add(request.RequestId, new Inside(request.Fingerprint, cost.Tokens));
    }

    private RequestCost CostOf(AdmissionRequest request) => new(_tokens?.Cost(request.PromptTokens + request.AnswerTokens) ?? 0, request.Sequences);

    private HerdException? TooMany(AdmissionRequest request) => request.Sequences <= _places.Limit ? null : HerdException.Quota(
        LimitNames.ConcurrentSequences, $"The request asks for {request.Sequences} answers; the tenant may have {_places.Limit} at one time.");

    private string? FindRefusal(AdmissionRequest request, IReadOnlyList<Booking> kept, DateTimeOffset now)
    {
        var cost = CostOf(request);
        return !HasPlace(cost.Sequences, kept, now) ? LimitNames.ConcurrentSequences
            : !Allows(_requests, 1, kept, _ => 1, now) ? LimitNames.RequestsPerMinute
            : !Allows(_tokens, cost.Tokens, kept, other => other.Tokens, now) ? LimitNames.TokensPerMinute
            : null;
    }

    private bool HasPlace(int sequences, IReadOnlyList<Booking> kept, DateTimeOffset now)
    {
        if (_bookings.Weight == 1)
        {
            return _places.Allows(sequences, kept, _bookings.Late, now);
        }

        var promised = kept.TakeWhile(booking => booking.Due <= now).Sum(booking => booking.Cost.Sequences);
        return sequences <= _places.Free - (int)(promised * _bookings.Weight);
    }

    /// <summary>Whether an amount can be taken and all who were promised some still find theirs at their time.</summary>
    private bool Allows(Allowance? allowance, double amount, IReadOnlyList<Booking> kept, Func<RequestCost, double> costOf, DateTimeOffset now)
    {
        if (allowance is null)
        {
            return true;
        }

        var taken = amount;
        var allows = allowance.Has(taken, now, now);
        foreach (var booking in kept)
        {
            taken += costOf(booking.Cost) * _bookings.Weight;
            allows &= allowance.Has(taken, booking.Due > now ? booking.Due : now, now);
        }

        return allows;
    }

    /// <summary>Promises a time to come back at.</summary>
    private HerdException Refuse(AdmissionRequest request, string limit, DateTimeOffset now)
    {
        var cost = CostOf(request);
        Booking[] before = [.. _line.Promised, .. _bookings.All];
        DateTimeOffset[] moments =
        [
            now + Soonest,
            _bookings.Weight < 1 ? now : _bookings.LastDue ?? now,
            When(_requests, 1 + (before.Length * _bookings.Weight), now),
            When(_tokens, cost.Tokens + (before.Sum(booking => booking.Cost.Tokens) * _bookings.Weight), now),
            _places.When(cost.Sequences, _bookings.Weight < 1 ? [.. _line.Promised] : before, _bookings.Late, now),
        ];
        var due = moments.Max();
        _bookings.Add(new Booking(request.Fingerprint, cost, now, due));
        return Refusal(limit, due, now);
    }

    // In whole milliseconds, as they are told on the wire.
    private HerdException Refusal(string limit, DateTimeOffset due, DateTimeOffset now) =>
        new(HerdErrorCode.LimitExceeded, Explain(limit)) { Limit = limit, RetryAfter = TimeSpan.FromMilliseconds(Math.Ceiling((due - now).TotalMilliseconds)) };

    private string Explain(string limit) => limit switch
    {
        LimitNames.RequestsPerMinute => $"The tenant may send {_requests!.PerMinute:0} requests per minute. Send this one again at the time told.",
        LimitNames.TokensPerMinute => $"The tenant may use {_tokens!.PerMinute:0} prompt and generated tokens per minute. Send this request again at the time told, or ask for fewer tokens.",
        _ => $"All {_places.Limit} concurrent sequences of the tenant are in use. Send this request again at the time told.",
    };

    private static Task<HerdException?> Answer(HerdException? refusal) => Task.FromResult(refusal);

    private static DateTimeOffset When(Allowance? allowance, double amount, DateTimeOffset now) => allowance?.When(amount, now) ?? now;

    private static Allowance? Change(Allowance? present, long? perMinute, DateTimeOffset now)
    {
        if (perMinute is not { } amount)
        {
            return null;
        }

        present?.Change(amount, now);
        return present ?? new Allowance(amount, now);
    }

    private readonly record struct Inside(string Fingerprint, double Tokens);
}
