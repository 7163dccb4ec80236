using Herd.Faults.Findings;
using Herd.Faults.Injection;
using Herd.Testing.Cluster;

namespace Herd.Faults.Clients;

/// <summary>Tries until an operation is done or has failed by <see cref="StreamRule"/>, through one gateway and then the other.</summary>
internal sealed class PersistentClient(FaultLog faults, RunClock clock, FindingList findings, RunCounts counts)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Tries an operation.</summary>
    /// <param name="operation">Gathers what is done.</param>
    /// <param name="gateway">Which gateway is asked first.</param>
    /// <param name="canGoOn">Whether an answer that has begun can be gone on with.</param>
    /// <param name="call">One call; returns false where what it got is wrong, which it has told.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>Whether it was done.</returns>
    public async Task<bool> TryAsync(Operation operation, int gateway, bool canGoOn, Func<AttemptWatch, Task<bool>> call, CancellationToken cancellationToken)
    {
        for (; ; gateway = (gateway + 1) % HerdCluster.Gateways)
        {
            using var watch = new AttemptWatch(gateway, clock, cancellationToken);
            if (await AttemptAsync(watch, call, cancellationToken) is not { } failed)
            {
                operation.Add(watch.Done());
                return true;
            }

            operation.Add(failed);
            if (failed.End == AttemptEnd.Done)
            {
                return false;
            }

            if (StreamRule.FailureOf(operation.Attempts, canGoOn, faults) is { } why)
            {
                findings.Add(FindingKind.StreamFailed, operation, "success, or a refusal with a time to come back and then success", why);
                return false;
            }

            counts.Retry(failed.End);
            await Task.Delay(failed.RetryAfter is { } after && after < LongestPause ? after : Pause, cancellationToken);
        }
    }

    /// <returns>The attempt where it did not end well; null where it did.</returns>
    private async Task<Attempt?> AttemptAsync(AttemptWatch watch, Func<AttemptWatch, Task<bool>> call, CancellationToken cancellationToken)
    {
        try
        {
            var isRight = await call(watch);
            if (watch.WasUndisturbed(faults))
            {
                counts.Silence(watch.Silence.For, watch.Silence.Ended);
            }

            return isRight ? null : watch.Done();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return watch.Read(exception);
        }
    }
}
