using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Leases of a process that is killed without a warning.</summary>
public sealed class LeaseTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_ItsLeasesAreTakenAwayByTheNextLifeAndNoneIsOrphaned()
    {
        Lease[] before;
        string version;
        string key;
        await using (var process = await StartAsync())
        {
            var tenant = await TestTenant.CreateAsync(process, "acme");
            (version, key) = (await tenant.UploadAsync("story", "BIAS.pth"), tenant.Key);
            before = await WaitForAsync(tenant, leases => leases.Length == 2);
            await process.KillAsync();
        }

        await using var next = await StartAsync();
        var again = new TestTenant(next, GrpcChannel.ForAddress(next.Grpc), "acme", key);
        var known = before.Select(lease => lease.Holder).ToHashSet();
        await WaitForAsync(again, leases => !leases.Any(lease => known.Contains(lease.Holder)));
        await again.CompleteAsync("story", "abc", 2);
        var after = await WaitForAsync(again, leases => leases.Length > 0);

        Assert.All(before.Concat(after), lease => Assert.Equal((version, true, false), (lease.Version, lease.HolderAlive, lease.Orphaned)));
        Assert.DoesNotContain(after, lease => known.Contains(lease.Holder));
    }

    private static async Task<Lease[]> WaitForAsync(TestTenant tenant, Func<Lease[], bool> holds)
    {
        Lease[] leases = [];
        await Eventually.TrueAsync(
            async () =>
            {
                var replicas = new ReplicaService.ReplicaServiceClient(tenant.AdminChannel);
                leases = [.. (await replicas.ListLeasesAsync(new ListLeasesRequest(), SharedGateway.Admin, cancellationToken: Cancellation)).Leases];
                return holds(leases);
            },
            Cancellation);
        return leases;
    }

    private async Task<GatewayProcess> StartAsync()
    {
        string[] settings = ["--set", "Adapters:LeaseRenewal=00:00:01"];
        var process = GatewayProcess.Start(_folder.In("data"), [.. HerdPrograms.GoldenBase, .. GatewayProcess.GoldenClip, "--device", "cpu:0,cpu:1", .. settings]);
        await process.WaitUntilReadyAsync(Cancellation);
        return process;
    }
}
