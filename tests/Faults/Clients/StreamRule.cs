using Herd.Faults.Injection;
using Herd.Faults.Plan;

namespace Herd.Faults.Clients;

/// <summary>When a request has failed, and when it may still be tried again. The report quotes <see cref="Words"/>.</summary>
internal static class StreamRule
{
    /// <summary>How long a client that is refused tries again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The rule in words.</summary>
    public const string Words =
        "A stream (any request) has failed when (1) it got an internal error, an error without Herd's details, or something unreadable; or (2) it got a refusal that "
        + "says not to come again; or (3) its connection broke though its gateway was not disturbed; or (4) being stateless it ended with an error or fell silent for 20 s "
        + "after it had begun, though its gateway was not disturbed and gateway, silo and database were there all the time; or (5) calls through undisturbed gateways "
        + "went on failing for 30 s during which a gateway, a silo and the database were there. A part counts as disturbed from before a fault until it is ready again.";

    /// <summary>Judges an operation whose last call did not end well.</summary>
    /// <param name="attempts">Its calls, in order.</param>
    /// <param name="canGoOn">Whether an answer that has begun can be gone on with.</param>
    /// <param name="faults">What was disturbed.</param>
    /// <returns>Why it has failed; null where it is to be tried again.</returns>
    public static string? FailureOf(IReadOnlyList<Attempt> attempts, bool canGoOn, FaultLog faults)
    {
        var last = attempts[^1];
        var undisturbed = IsUndisturbed(last, faults);
        return last.End switch
        {
            AttemptEnd.Broken => "an error that no client should see",
            AttemptEnd.Denied => "a refusal of what is right",
            AttemptEnd.Cut when undisturbed => "a broken connection to a gateway that was left alone",
            AttemptEnd.Refused or AttemptEnd.Silent when last.HadBegun && !canGoOn && undisturbed && faults.ServesThroughout(last.Began, last.Ended) =>
                "an answer that ended in the middle though the cluster could serve",
            _ => IsOutOfPatience(attempts, faults) ? $"no success within {Patience.TotalSeconds:F0} s in which the cluster could serve" : null,
        };
    }

    private static bool IsOutOfPatience(IReadOnlyList<Attempt> attempts, FaultLog faults)
    {
        var first = attempts.FirstOrDefault(attempt => IsUndisturbed(attempt, faults));
        return first is not null && IsUndisturbed(attempts[^1], faults) && faults.Serving(first.Began, attempts[^1].Ended) >= Patience;
    }

    private static bool IsUndisturbed(Attempt attempt, FaultLog faults) => !faults.Disturbs(Part.Gateway(attempt.Gateway), attempt.Began, attempt.Ended);
}
