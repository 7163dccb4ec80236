using Herd.Faults.Findings;
using Herd.Faults.Injection;
using Herd.Faults.Load;
using Herd.Testing.Cluster;

namespace Herd.Faults;

/// <summary>A cluster of real processes under load and faults, and what came of it.</summary>
internal sealed class FaultRun(RunSettings settings, TextWriter progress)
{
    /// <summary>Runs it.</summary>
    /// <param name="abort">Ends it without a report.</param>
    public async Task<RunReport> RunAsync(CancellationToken abort)
    {
        using var logs = new ProcessLogs(settings.LogFolder);
        var report = await RunAsync(logs, abort);
        if (report.IsClean)
        {
            logs.Delete();
        }

        return report;
    }

    private async Task<RunReport> RunAsync(ProcessLogs logs, CancellationToken abort)
    {
        await progress.WriteLineAsync($"{settings}: starting");
        var storage = settings.IsOnPostgres ? await ClusterStorage.OnPostgresAsync(abort) : ClusterStorage.OnSqlite();
        await using var cluster = await HerdCluster.StartAsync(settings.Mode, storage, abort, logs.Write);
        await progress.WriteLineAsync("The cluster stands. Asking for its undisturbed answers.");
        var references = await AskAsync(cluster, abort);
        var tenants = await Task.WhenAll(Enumerable.Range(1, settings.Tenants).Select(number => LoadTenant.MakeAsync(cluster, number, abort)));
        try
        {
            await progress.WriteLineAsync("Load and faults begin.");
            return await DisturbAsync(cluster, references, tenants, logs, abort);
        }
        finally
        {
            Array.ForEach(tenants, tenant => tenant.Clients.Dispose());
        }
    }

    private static async Task<References> AskAsync(HerdCluster cluster, CancellationToken abort)
    {
        using var tenant = await cluster.NewTenantAsync(abort);
        return await References.AskAsync(tenant, abort);
    }

    private async Task<RunReport> DisturbAsync(HerdCluster cluster, References references, LoadTenant[] tenants, ProcessLogs logs, CancellationToken abort)
    {
        var (clock, faults, counts) = (new RunClock(), new FaultLog(), new RunCounts());
        logs.Begin(clock);
        var findings = new FindingList(faults, clock);
        var context = new LoadContext(settings.Seed, clock, faults, findings, counts, references);
        var injector = new FaultInjector(new ClusterParts(cluster), faults, clock, findings, counts, progress);
        using var enough = new CancellationTokenSource(settings.Length);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(abort);
        var watch = injector.WatchAsync(over.Token);

        // Without the faults' end a worker may be waiting for a part that nobody starts.
        await Task.WhenAll(injector.FollowAsync(settings.Plan.Steps(), enough.Token, abort), TenantLoad.RunAsync(context, tenants, enough.Token, abort));
        await new FinalCheck(context, tenants).RunAsync(abort);
        await over.CancelAsync();
        await watch;
        return new RunReport
        {
            Run = settings.ToString(),
            Seed = settings.Seed,
            Seconds = clock.Now.TotalSeconds,
            Plan = injector.Done,
            Faults = counts.Faults,
            Operations = counts.Operations,
            Retries = counts.Retries,
            LongestSilenceSeconds = counts.LongestSilence.For.TotalSeconds,
            LongestSilenceAtSeconds = counts.LongestSilence.Ended.TotalSeconds,
            Figures = Enum.GetValues<FindingKind>().ToDictionary(kind => kind, findings.Count),
            Findings = findings.Kept,
            Logs = findings.Total > 0 ? logs.Folder : null,
        };
    }
}
