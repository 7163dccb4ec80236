using Herd.Contracts.Errors;

namespace Herd.Contracts.Adapters;

/// <summary>Makes a change once more where the process that was making it is lost or ends. Only for what is the same made twice.</summary>
public sealed class RepeatedChange
{
    // A process that died is replaced within a few seconds; after this long the client is told.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time;

    /// <summary>Makes one.</summary>
    /// <param name="time">The clock.</param>
    public RepeatedChange(TimeProvider time)
    {
        _time = time;
    }

    /// <summary>Waits until a change of an adapter is live.</summary>
    /// <param name="change">Begins it, and gives its steps.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Digest of the version that it was about.</returns>
    /// <exception cref="HerdException">The change cannot be made.</exception>
    public Task<string> FinishAsync(Func<IAsyncEnumerable<PublishUpdate>> change, CancellationToken cancellationToken) =>
        MakeAsync(() => change().FinishAsync(), cancellationToken);

    /// <summary>Waits until a change is made.</summary>
    /// <param name="change">Makes it.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>What it gives.</returns>
    /// <exception cref="HerdException">The change cannot be made.</exception>
    public async Task<T> MakeAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await change().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception.MayServeElsewhere() && _time.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Pause, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
