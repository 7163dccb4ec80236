using Herd.Faults.Findings;
using Herd.Faults.Plan;
using Herd.Testing;

namespace Herd.Faults.Injection;

/// <summary>A step of the plan, done.</summary>
/// <param name="Step">What it was.</param>
/// <param name="BeganSeconds">When it began, since the load began.</param>
/// <param name="EndedSeconds">When everything was well again.</param>
internal sealed record DoneStep(string Step, double BeganSeconds, double EndedSeconds);

/// <summary>Does what a plan says, and starts again what has ended, as the cluster's operator would.</summary>
internal sealed class FaultInjector(ClusterParts parts, FaultLog log, RunClock clock, FindingList findings, RunCounts counts, TextWriter progress)
{
    // A part that slept may find out only a while after it woke that it was given up.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    // Of what a process wrote, so many lines go into the report; its log has all.
    private const int MostLines = 40;

    private readonly Dictionary<Part, SemaphoreSlim> _turns = Part.Silos.Concat(Part.Gateways).Append(Part.Database).ToDictionary(part => part, _ => new SemaphoreSlim(1));
    private readonly List<DoneStep> _done = [];

    /// <summary>What was done so far.</summary>
    public IReadOnlyList<DoneStep> Done => _done;

    /// <summary>Follows a plan until it has been long enough; the step that is under way then is brought to its end.</summary>
    /// <param name="steps">The plan.</param>
    /// <param name="enough">Ends it.</param>
    /// <param name="abort">Ends the run.</param>
    public async Task FollowAsync(IEnumerable<FaultStep> steps, CancellationToken enough, CancellationToken abort)
    {
        foreach (var step in steps)
        {
            await Task.Delay(step.Pause, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (enough.IsCancellationRequested)
            {
                return;
            }

            var began = clock.Now;
            await progress.WriteLineAsync($"{began.TotalSeconds,7:F1} s  {step}");
            counts.Fault(step.Name);
            await Task.WhenAll(step.Faults.Select(fault => InflictAsync(fault, step.Number, abort)));
            _done.Add(new DoneStep(step.ToString(), began.TotalSeconds, clock.Now.TotalSeconds));
        }
    }

    /// <summary>Starts again what ended by itself, and reports it.</summary>
    /// <param name="over">Ends the watch.</param>
    public async Task WatchAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (var part in Part.Silos.Concat(Part.Gateways).Where(IsUnexpectedlyGone))
            {
                await ReplaceAsync(part, over);
            }

            await Task.Delay(Look, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsUnexpectedlyGone(Part part) => parts.Process(part).HasEnded && !log.Disturbs(part, clock.Now, clock.Now + Look);

    private async Task ReplaceAsync(Part part, CancellationToken abort)
    {
        var disturbance = log.Begin(part, $"{part} ended by itself", clock.Now);
        Report(part, disturbance.From, "a running process", "it ended by itself", parts.Process(part));
        await InTurnAsync(part, () => StartAsync(part, abort));
        log.End(disturbance, clock.Now);
    }

    private async Task InflictAsync(Fault fault, int step, CancellationToken abort)
    {
        var disturbance = log.Begin(fault.Part, $"{fault} (step {step})", clock.Now);
        await InTurnAsync(fault.Part, () => fault.Part.Kind == PartKind.Database ? CrashAsync(fault, abort) : DisturbAsync(fault, abort));
        log.End(disturbance, clock.Now);
    }

    private async Task InTurnAsync(Part part, Func<Task> act)
    {
        await _turns[part].WaitAsync();
        try
        {
            await act();
        }
        finally
        {
            _turns[part].Release();
        }
    }

    private async Task CrashAsync(Fault fault, CancellationToken abort)
    {
        await parts.Server.CrashAsync();
        await Task.Delay(fault.Away, abort);
        await parts.Server.ResumeAsync(abort);
    }

    private async Task DisturbAsync(Fault fault, CancellationToken abort)
    {
        var process = parts.Process(fault.Part);
        switch (fault.Kind)
        {
            case FaultKind.Suspend:
                await process.SuspendAsync();
                await Task.Delay(fault.Away, abort);
                await process.ContinueAsync();
                await WakeAsync(fault.Part, process, abort);
                return;
            case FaultKind.Terminate:
                await TerminateAsync(fault.Part, process);
                break;
            default:
                await process.KillAsync();
                break;
        }

        await Task.Delay(fault.Away, abort);
        await StartAsync(fault.Part, abort);
    }

    /// <summary>Waits until a part that slept goes on, or has ended because it was given up meanwhile, and then starts it again.</summary>
    private async Task WakeAsync(Part part, ChildProcess process, CancellationToken abort)
    {
        var (woke, well) = (clock.Now, clock.Now);
        try
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    well = await parts.IsReadyAsync(part, abort) ? well : clock.Now;
                    return process.HasEnded || clock.Now - well > Settled;
                },
                abort,
                $"{part} is itself again");
        }
        catch (TimeoutException exception)
        {
            Report(part, woke, "readiness after its sleep, or an end", exception.Message, process);
            await process.KillAsync();
        }

        if (process.HasEnded)
        {
            await StartAsync(part, abort);
        }
    }

    private async Task TerminateAsync(Part part, ChildProcess process)
    {
        var asked = clock.Now;
        try
        {
            if (await process.TerminateAsync() is not 0 and var code)
            {
                Report(part, asked, "an end with code 0 when asked", $"code {code}", process);
            }
        }
        catch (TimeoutException)
        {
            Report(part, asked, "an end when asked", "it goes on", process);
            await process.KillAsync();
        }
    }

    /// <summary>Starts a part until it is ready: without its database a process ends again at once.</summary>
    private async Task StartAsync(Part part, CancellationToken abort)
    {
        while (true)
        {
            var began = clock.Now;
            try
            {
                await parts.StartAsync(part, abort);
                return;
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                if (exception is TimeoutException || !log.Disturbs(Part.Database, began, clock.Now))
                {
                    Report(part, began, "a start", exception.Message.Split('\n')[0], parts.Process(part));
                }

                await parts.Process(part).KillAsync();
                await Task.Delay(Settled, abort);
            }
        }
    }

    private void Report(Part part, TimeSpan began, string expected, string found, ChildProcess process) =>
        findings.Add(FindingKind.ProcessFault, $"{part}", began, expected, found, [.. process.Output.Split('\n').TakeLast(MostLines)]);
}
