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

    /// <summary>Closes a grain's stream.</summary>
    /// <typeparam name="T">What it carries.</typeparam>
    /// <param name="updates">The stream.</param>
    /// <param name="isLost">Whether its process may be gone: nobody waits for that one to say that it has closed.</param>
    /// <returns>A task.</returns>
    public static Task CloseAsync<T>(this IAsyncEnumerator<T> updates, bool isLost)
    {
        var closing = DisposeAsync(updates);
        return isLost ? Task.CompletedTask : closing;
    }

    private static async Task DisposeAsync<T>(IAsyncEnumerator<T> updates)
    {
        try
        {
            await updates.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception.IsLoss())
        {
            // A process that is gone needs no telling.
        }
    }
}
