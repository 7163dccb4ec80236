namespace Herd.Faults.Findings;

/// <summary>Promises that can be broken. All figures must be 0.</summary>
internal enum FindingKind
{
    /// <summary>A turn that was acknowledged is missing, is another one, or never came to its end.</summary>
    TurnLost,

    /// <summary>A request was not served though it could have been, or ended in an error that is none of Herd's own.</summary>
    StreamFailed,

    /// <summary>A token or text that the undisturbed cluster does not give, or not there: changed, doubled, missing.</summary>
    TokenWrong,

    /// <summary>Something is still held at the end though nobody uses it.</summary>
    LeaseOrphaned,

    /// <summary>A version or an alias that was acknowledged is not there, or another answered.</summary>
    PublicationLost,

    /// <summary>Usage is less than what was received, or more than could have been.</summary>
    UsageWrong,

    /// <summary>A process ended by itself, or did not end or start when asked to.</summary>
    ProcessFault,
}

/// <summary>A promise that was broken.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Who">Whose request it was.</param>
/// <param name="AtSeconds">When it was found, since the load began.</param>
/// <param name="Expected">What should have been.</param>
/// <param name="Found">What was.</param>
/// <param name="History">What the client did and saw, in order.</param>
/// <param name="Faults">What was disturbed meanwhile and shortly before.</param>
internal sealed record Finding(
    FindingKind Kind, string Who, double AtSeconds, string Expected, string Found, IReadOnlyList<string> History, IReadOnlyList<string> Faults);
