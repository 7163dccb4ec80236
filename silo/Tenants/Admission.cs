using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>Lets a tenant's requests in or tells them when to come back. Whoever comes back then finds what he was promised.</summary>
/// <remarks>
/// A request reserves its prompt's tokens as estimated and all the tokens its answers may have, and gives back at the end what it did not use: nothing but new
/// requests can make a promise wrong, and they come behind those who hold one (docs/design/0020-usage-and-limits.md).
/// </remarks>
internal sealed class Admission
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time;
    private readonly Places _places;
    private readonly Bookings _bookings = new();
    private readonly Dictionary<string, double> _charged = new(StringComparer.Ordinal);
    private Allowance? _requests;
    private Allowance? _tokens;

    internal Admission(TenantLimits limits, TimeProvider time)
    {
        (_time, _places) = (time, new Places(limits.ConcurrentSequences));
        Change(limits);
    }

    internal bool IsInside(string requestId) => _charged.ContainsKey(requestId);

    /// <summary>Puts other limits in force.</summary>
    internal void Change(TenantLimits limits)
    {
        var now = _time.GetUtcNow();
        _places.Limit = limits.ConcurrentSequences;
        _requests = Change(_requests, limits.RequestsPerMinute, now);
        _tokens = Change(_tokens, limits.TokensPerMinute, now);
    }

    /// <summary>Lets a request in; one that is in stays in.</summary>
    /// <returns>Null where it is in, else why not and when to come back.</returns>
    internal HerdException? Enter(AdmissionRequest request)
    {
        if (_charged.ContainsKey(request.RequestId))
        {
            return null;
        }

        if (request.Sequences > _places.Limit)
        {
            return HerdException.Quota(
                LimitNames.ConcurrentSequences, $"The request asks for {request.Sequences} answers; the tenant may have {_places.Limit} at one time.");
        }

        var now = _time.GetUtcNow();
        _bookings.Forget(now);
        var cost = new RequestCost(_tokens?.Cost(request.PromptTokens + request.AnswerTokens) ?? 0, request.Sequences);
        var booking = _bookings.Find(request.Fingerprint);
        var refusedFor = FindRefusal(cost, booking, now);
        if (booking is not null && (refusedFor is null || booking.Due <= now))
        {
            _bookings.Redeem(booking, now);
        }

        if (refusedFor is { } limit)
        {
            return Refuse(request.Fingerprint, cost, limit, now);
        }

        _requests?.Take(1, now);
        _tokens?.Take(cost.Tokens, now);
        _places.Take(request.RequestId, request.Sequences, now);
        _charged.Add(request.RequestId, cost.Tokens);
        return null;
    }

    /// <summary>Takes note of a request that was let in before this account was opened. Its tokens were another's to count.</summary>
    internal void Adopt(string requestId, int sequences)
    {
        _places.Take(requestId, sequences, _time.GetUtcNow());
        _charged.TryAdd(requestId, 0);
    }

    /// <summary>Puts what a replica counted in place of what was estimated.</summary>
    internal void Correct(UsageMark mark)
    {
        if (mark.MostGeneratedTokens > 0 && _charged.ContainsKey(mark.RequestId))
        {
            Charge(mark.RequestId, mark.PromptTokens + mark.MostGeneratedTokens);
        }
    }

    /// <summary>Ends a request; twice is no error.</summary>
    internal void Leave(UsageMark used)
    {
        if (!_charged.ContainsKey(used.RequestId))
        {
            return;
        }

        var now = _time.GetUtcNow();
        Charge(used.RequestId, used.Started ? used.PromptTokens + used.GeneratedTokens : 0);
        if (!used.Started)
        {
            _requests?.Take(-1, now);
        }

        _charged.Remove(used.RequestId);
        _places.Leave(used.RequestId, used.Started, now);
    }

    private void Charge(string requestId, double tokens)
    {
        _tokens?.Take(tokens - _charged[requestId], _time.GetUtcNow());
        _charged[requestId] = tokens;
    }

    private string? FindRefusal(RequestCost cost, Booking? own, DateTimeOffset now)
    {
        // Whoever comes at his time goes before all others; whoever comes early may have what they leave.
        Booking[] kept = own?.Due <= now ? [] : [.. _bookings.All.Where(booking => booking != own)];
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

    private HerdException Refuse(string fingerprint, RequestCost cost, string limit, DateTimeOffset now)
    {
        var before = _bookings.All;
        DateTimeOffset[] moments =
        [
            _bookings.Weight < 1 ? now : _bookings.LastDue ?? now,
            When(_requests, 1 + (before.Count * _bookings.Weight), now),
            When(_tokens, cost.Tokens + (before.Sum(booking => booking.Cost.Tokens) * _bookings.Weight), now),
            _places.When(cost.Sequences, _bookings.Weight < 1 ? [] : before, _bookings.Late, now),
        ];
        var due = Later(moments.Max(), now + Soonest);
        _bookings.Add(new Booking(fingerprint, cost, due));
        return new HerdException(HerdErrorCode.LimitExceeded, Explain(limit)) { Limit = limit, RetryAfter = due - now };
    }

    private string Explain(string limit) => limit switch
    {
        LimitNames.RequestsPerMinute => $"The tenant may send {_requests!.PerMinute:0} requests per minute. Send this one again at the time told.",
        LimitNames.TokensPerMinute => $"The tenant may use {_tokens!.PerMinute:0} prompt and generated tokens per minute. Send this request again at the time told, or ask for fewer tokens.",
        _ => $"All {_places.Limit} concurrent sequences of the tenant are in use. Send this request again at the time told.",
    };

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

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
}
