using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Adapters;

/// <summary>Makes a change of an adapter once more where the process that was making it is lost or ends. Only for what is the same made twice.</summary>
internal sealed class RepeatedChange(TimeProvider time)
{
    // A process that died is replaced within a few seconds; after this long the client is told.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until a change is live.</summary>
    /// <param name="change">Begins it, and gives its steps.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Digest of the version that it was about.</returns>
    /// <exception cref="HerdException">The change cannot be made.</exception>
    public async Task<string> FinishAsync(Func<IAsyncEnumerable<PublishUpdate>> change, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await change().FinishAsync();
            }
            catch (Exception exception) when (exception.MayServeElsewhere() && time.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
