using Herd.Contracts.Errors;

namespace Herd.Gateway.Serving;

/// <summary>Ends the answers that still run when the time is over that a stopping gateway gives them.</summary>
internal sealed class DrainLimit : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _onStopping;

    /// <summary>Begins to wait for the process to be asked to end.</summary>
    /// <param name="timeout">How long answers may go on afterwards.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Fires when it is.</param>
    public DrainLimit(TimeSpan timeout, TimeProvider time, CancellationToken stopping)
    {
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _onStopping = stopping.Register(() => _over.CancelAfter(timeout));
    }

    /// <summary>Fires when the time is over.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>What a reader is told whose answer was ended.</summary>
    public static HerdException Ended => new(HerdErrorCode.Unavailable, "The gateway shut down before the answer was complete. Send the request again.")
    {
        RetryAfter = RetryAfter,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _onStopping.Dispose();
        _over.Dispose();
    }
}
