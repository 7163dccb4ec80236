using System.Diagnostics;
using System.Text.Json;

namespace Herd.Fuzz;

/// <summary>Runs a slice of inputs in a process of its own, so that one that kills it is told from the others.</summary>
internal static class Worker
{
    private const string Command = "--worker";

    /// <summary>Whether this process is a worker, which then has done its slice.</summary>
    public static bool TryRun(string[] arguments)
    {
        if (arguments is not [Command, var name, var seed, var first, var count])
        {
            return false;
        }

        using var targets = new Targets();
        var current = long.Parse(first);
        var since = Stopwatch.GetTimestamp();
        using var watchdog = new Timer(
            _ =>
            {
                if (Stopwatch.GetElapsedTime(Volatile.Read(ref since)) > Attack.Limit)
                {
                    Tell(new Progress(Volatile.Read(ref current), null, "it hangs"));
                    Environment.Exit(3);
                }
            },
            null,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1));
        var attack = new Attack(targets.All.Single(target => target.Name == name), int.Parse(seed))
        {
            Beginning = index =>
            {
                Volatile.Write(ref current, index);
                Volatile.Write(ref since, Stopwatch.GetTimestamp());
                if (index % 256 == 0)
                {
                    Tell(new Progress(index, null, null));
                }
            },
        };
        Tell(new Progress(current, attack.Run(current, long.Parse(count)), null));
        return true;
    }

    /// <summary>Runs a slice in another process.</summary>
    public static async Task<Outcome> RunAsync(string target, int seed, long first, long count, CancellationToken cancellationToken)
    {
        string[] line = [Command, target, $"{seed}", $"{first}", $"{count}"];
        var start = new ProcessStartInfo(Environment.ProcessPath!, line) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var last = new Progress(first, null, null);
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } told)
        {
            last = told.StartsWith('{') ? JsonSerializer.Deserialize<Progress>(told)! : last;
        }

        await process.WaitForExitAsync(cancellationToken);
        return last.Outcome ?? new Outcome(target)
        {
            Inputs = last.Index - first,
            Findings = { new Finding(target, seed, last.Index, last.Fault ?? $"the process ended with {process.ExitCode}, at this input or one of the 255 behind it") },
        };
    }

    private static void Tell(Progress progress)
    {
        lock (Command)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(progress));
            Console.Out.Flush();
        }
    }

    private sealed record Progress(long Index, Outcome? Outcome, string? Fault);
}
