using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Protos.V1;

namespace Herd.Faults.Load;

/// <summary>Reads the tenant's usage, which is never less than what its clients have received.</summary>
internal sealed class UsageWorker(LoadContext context, LoadTenant tenant) : Worker(context, tenant, "usage", 1)
{
    protected override TimeSpan Rest => TimeSpan.FromSeconds(4);

    /// <summary>Reads it once and compares.</summary>
    public async Task CompareAsync(CancellationToken abort)
    {
        var operation = Begin("usage readings", "usage");
        await TryAsync(operation, canGoOn: true, async watch =>
        {
            var least = Tenant.Usage.Received;
            var rows = await new UsageService.UsageServiceClient(Tenant.Clients.Channels[watch.Gateway])
                .GetUsageAsync(new GetUsageRequest(), Tenant.Clients.Metadata, cancellationToken: watch.Token);
            var most = Tenant.Usage.Possible;
            if (UsageLedger.Compare(rows.Rows.Sum(row => row.GeneratedTokens), least, most) is not { } wrong)
            {
                return true;
            }

            Context.Findings.Add(FindingKind.UsageWrong, operation, $"{least} to {most} generated tokens", wrong);
            return false;
        }, abort);
    }

    protected override Task DoAsync(CancellationToken abort) => CompareAsync(abort);
}
