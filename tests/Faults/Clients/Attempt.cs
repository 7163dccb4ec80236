namespace Herd.Faults.Clients;

/// <summary>How one call ended.</summary>
internal enum AttemptEnd
{
    /// <summary>As it should.</summary>
    Done,

    /// <summary>With one of Herd's own errors that says to come again.</summary>
    Refused,

    /// <summary>With one of Herd's own errors that says not to.</summary>
    Denied,

    /// <summary>The connection broke, or could not be made.</summary>
    Cut,

    /// <summary>Nothing came for so long that the client gave up.</summary>
    Silent,

    /// <summary>With what no client should ever see: an internal error, or something that cannot be read.</summary>
    Broken,
}

/// <summary>One call for an operation.</summary>
/// <param name="Gateway">The gateway that was asked.</param>
/// <param name="Began">When.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="HadBegun">Whether something had come by then.</param>
/// <param name="End">How.</param>
/// <param name="Words">What it ended with.</param>
/// <param name="RetryAfter">When to come again, where that was said.</param>
internal sealed record Attempt(int Gateway, TimeSpan Began, TimeSpan Ended, bool HadBegun, AttemptEnd End, string Words, TimeSpan? RetryAfter)
{
    public override string ToString() =>
        $"{Began.TotalSeconds:F1} s to {Ended.TotalSeconds:F1} s through gateway-{Gateway}: {End}{(HadBegun ? " after it had begun" : "")} {Words}".TrimEnd();
}
