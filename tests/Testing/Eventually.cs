using System.Runtime.CompilerServices;

namespace Herd.Testing;

/// <summary>Waits for what another thread or process brings about, and not without end.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Waits until something holds.</summary>
    /// <param name="holds">Whether it does now; what it throws ends the waiting.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="what">What should hold, for the error.</param>
    /// <exception cref="TimeoutException">It did not come to hold.</exception>
    public static Task TrueAsync(Func<bool> holds, CancellationToken cancellationToken, [CallerArgumentExpression(nameof(holds))] string what = "") =>
        TrueAsync(() => Task.FromResult(holds()), cancellationToken, what);

    /// <inheritdoc cref="TrueAsync(Func{bool}, CancellationToken, string)"/>
    public static async Task TrueAsync(Func<Task<bool>> holds, CancellationToken cancellationToken, [CallerArgumentExpression(nameof(holds))] string what = "")
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            while (!await holds().WaitAsync(patience.Token).ConfigureAwait(false))
            {
                await Task.Delay(Pause, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Within {Patience.TotalMinutes:F0} minutes this did not come to hold: {what}");
        }
    }
}
