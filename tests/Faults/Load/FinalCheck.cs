using Grpc.Core;
using Herd.Faults.Clients;
using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Protos.V1;
using Herd.Testing.Cluster;

namespace Herd.Faults.Load;

/// <summary>Looks at the cluster when the load and the faults are over: what was acknowledged is there, and nothing is held.</summary>
internal sealed class FinalCheck(LoadContext context, IReadOnlyList<LoadTenant> tenants)
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Leases of processes that died end by themselves within this time.</summary>
    public static readonly TimeSpan LeasePatience = TimeSpan.FromSeconds(90);

    /// <summary>Looks at everything.</summary>
    /// <param name="abort">Ends the run.</param>
    public async Task RunAsync(CancellationToken abort)
    {
        foreach (var tenant in tenants)
        {
            await Parallel.ForEachAsync(
                tenant.Conversations,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = abort },
                async (record, _) => await new ConversationCheck(context, tenant).CompareAsync(record, record.Turns.Count % HerdCluster.Gateways, abort));
            await CompareVersionsAsync(tenant, abort);
            await new UsageWorker(context, tenant).CompareAsync(abort);
        }

        await ExpectNoLeasesAsync(abort);
        await Task.WhenAll(tenants.Select(tenant => ExpectNoPlacesAsync(tenant, abort)));
    }

    private async Task CompareVersionsAsync(LoadTenant tenant, CancellationToken abort)
    {
        var operation = new Operation($"tenant-{tenant.Number}", "all versions and the alias", context.Clock);
        await context.Client.TryAsync(operation, gateway: 0, canGoOn: true, async watch =>
        {
            var began = context.Clock.Now;
            var adapter = await new AdapterService.AdapterServiceClient(tenant.Clients.Channels[watch.Gateway])
                .GetAdapterAsync(new GetAdapterRequest { Name = Requests.Adapter }, tenant.Clients.Metadata, cancellationToken: watch.Token);
            string[] lost = [.. tenant.Versions.Except(adapter.Versions.Select(version => version.Digest))];
            var possible = tenant.Live.Possible(began, context.Clock.Now);
            var live = adapter.Aliases.GetValueOrDefault(Requests.Alias, "no alias");
            foreach (var (expected, found) in lost.Select(digest => (digest, "no such version")).Concat(possible.Contains(live) ? [] : [(string.Join(" or ", possible), live)]))
            {
                context.Findings.Add(FindingKind.PublicationLost, operation, expected, found);
            }

            return true;
        }, abort);
    }

    /// <summary>Waits until replicas hold nothing, and counts those that do.</summary>
    private async Task ExpectNoLeasesAsync(CancellationToken abort)
    {
        var began = context.Clock.Now;
        var orphans = await OrphansAsync(abort);
        while (orphans.Count > 0 && context.Clock.Now - began < LeasePatience)
        {
            await Task.Delay(Look, abort);
            orphans = await OrphansAsync(abort);
        }

        foreach (var orphan in orphans)
        {
            context.Findings.Add(FindingKind.LeaseOrphaned, "a holder", began, "nothing held when nobody asks for anything", orphan, []);
        }
    }

    private async Task<IReadOnlyList<string>> OrphansAsync(CancellationToken abort)
    {
        IReadOnlyList<string> orphans = [];
        await TryAsync("all replicas and leases", async watch =>
        {
            var service = new ReplicaService.ReplicaServiceClient(tenants[0].Clients.AdminChannels[watch.Gateway]);
            var replicas = await service.ListReplicasAsync(new ListReplicasRequest(), HerdCluster.Admin, cancellationToken: watch.Token);
            var leases = await service.ListLeasesAsync(new ListLeasesRequest(), HerdCluster.Admin, cancellationToken: watch.Token);
            orphans = [.. LeaseCheck.Orphans(replicas.Replicas), .. LeaseCheck.Orphans(leases.Leases)];
        }, abort);
        return orphans;
    }

    /// <summary>With a single place a tenant is served only where none of its places is held any more.</summary>
    private async Task ExpectNoPlacesAsync(LoadTenant tenant, CancellationToken abort)
    {
        var began = context.Clock.Now;
        await TryAsync($"a single place for {tenant.Clients.Name}", async watch =>
        {
            var limits = new UpdateLimitsRequest { Tenant = tenant.Clients.Name, Limits = new TenantLimits { ConcurrentSequences = 1, Adapters = 10 } };
            await new TenantService.TenantServiceClient(tenant.Clients.AdminChannels[watch.Gateway]).UpdateLimitsAsync(limits, HerdCluster.Admin, cancellationToken: watch.Token);
        }, abort);
        while (await RefusalAsync(tenant, abort) is { } refusal)
        {
            if (context.Clock.Now - began > LeasePatience)
            {
                context.Findings.Add(FindingKind.LeaseOrphaned, $"tenant-{tenant.Number}", began, "a free place for one sequence", refusal, []);
                return;
            }

            await Task.Delay(Look, abort);
        }
    }

    private Task<bool> TryAsync(string what, Func<AttemptWatch, Task> call, CancellationToken abort) =>
        context.Client.TryAsync(new Operation("administrator", what, context.Clock), gateway: 0, canGoOn: true, async watch =>
        {
            await call(watch);
            return true;
        }, abort);

    /// <returns>Why a request was not let in; null where it was.</returns>
    private static async Task<string?> RefusalAsync(LoadTenant tenant, CancellationToken abort)
    {
        try
        {
            using var call = new GenerationService.GenerationServiceClient(tenant.Clients.Channels[0])
                .Generate(Requests.Prompt("base", new Question("abc", 1)), tenant.Clients.Metadata, cancellationToken: abort);
            await foreach (var _ in call.ResponseStream.ReadAllAsync(abort))
            {
            }

            return null;
        }
        catch (RpcException exception) when (!abort.IsCancellationRequested)
        {
            return exception.Status.Detail;
        }
    }
}
