namespace Herd.Bench;

/// <summary>Tells how much of the machine other processes took since it was made. Linux counts in hundredths of a second.</summary>
internal sealed class CpuShare
{
    private readonly (double Total, double Busy) _machine = ReadMachine();
    private readonly TimeSpan _own = Environment.CpuUsage.TotalTime;

    /// <summary>Busy time beyond this process's own, as a share of all cores' time, 0 to 1.</summary>
    public double Foreign()
    {
        var (total, busy) = ReadMachine();
        var own = (Environment.CpuUsage.TotalTime - _own).TotalSeconds;
        return Math.Clamp((busy - _machine.Busy - own) / Math.Max(total - _machine.Total, 0.01), 0, 1);
    }

    private static (double Total, double Busy) ReadMachine()
    {
        // cpu user nice system idle iowait irq softirq steal guest...: guest time is in user already.
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(double.Parse).ToArray();
        var total = ticks.Sum();
        return (total / 100, (total - ticks[3] - ticks[4]) / 100);
    }
}
