namespace Herd.Contracts.Errors;

/// <summary>Tells the failures that come of a lost process, or of a cluster that is changing, from those of the request itself.</summary>
public static class ClusterLoss
{
    /// <summary>Whether the call may have met a process that is gone. What it did there is not known.</summary>
    /// <param name="exception">What a grain call threw.</param>
    /// <returns>True where another process may answer.</returns>
    public static bool IsLoss(this Exception exception) =>
        // An OrleansException of no narrower kind says that no silo is compatible with the grain.
        exception is OrleansException or TimeoutException or EnumerationAbortedException;

    /// <summary>Whether another process may serve the same request: the one that was asked is lost, or said so itself.</summary>
    /// <param name="exception">What a grain call threw.</param>
    /// <returns>True where asking again makes sense.</returns>
    public static bool MayServeElsewhere(this Exception exception) => exception is HerdException { IsRetryableElsewhere: true } || exception.IsLoss();
}
