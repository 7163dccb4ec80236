using Microsoft.Extensions.Time.Testing;

namespace Herd.Silo.Tests.Tenants;

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class ManualTime() : FakeTimeProvider(DateTimeOffset.UnixEpoch)
{
    private int _timers;

    /// <summary>How many timers were set on it so far: whoever waits for the clock has set one.</summary>
    internal int Timers => Volatile.Read(ref _timers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }
}
