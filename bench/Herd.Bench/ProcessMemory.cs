using System.Globalization;

namespace Herd.Bench;

/// <summary>What this process has in memory, in bytes, as Linux counts it.</summary>
/// <param name="Anonymous">Resident and its own: nothing of a file.</param>
/// <param name="Resident">All that is resident, pages of mapped files included.</param>
/// <param name="Peak">The most that was ever resident.</param>
internal sealed record ProcessMemory(long Anonymous, long Resident, long Peak)
{
    /// <summary>Asks the operating system.</summary>
    public static ProcessMemory Read()
    {
        var lines = File.ReadAllLines("/proc/self/status");
        return new ProcessMemory(Find(lines, "RssAnon:"), Find(lines, "VmRSS:"), Find(lines, "VmHWM:"));
    }

    /// <summary>This process's share of what is resident: a page that n processes have counts a n-th.</summary>
    public static long ReadShare() => Find(File.ReadAllLines("/proc/self/smaps_rollup"), "Pss:");

    private static long Find(string[] lines, string name) =>
        long.Parse(lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
