using System.Diagnostics;

namespace Herd.Faults;

/// <summary>Time since the load began, by which everything in a report is dated.</summary>
internal sealed class RunClock
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);
}
