namespace Herd.Silo.Tests.Hosting;

/// <summary>Waits for what another thread or process brings about; the test's own time limit ends a wait in vain.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    internal static Task TrueAsync(Func<bool> holds, CancellationToken cancellationToken) => TrueAsync(() => Task.FromResult(holds()), cancellationToken);

    internal static async Task TrueAsync(Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        while (!await holds())
        {
            await Task.Delay(Pause, cancellationToken);
        }
    }
}
