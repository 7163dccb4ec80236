using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>Aliases that move while replicas come and go.</summary>
public abstract class AliasTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    [Fact]
    public async Task AliasMoved_WhileAReplicaIsDownAndAfterItCameBack_NoAnswerFailsOrIsOfAnotherVersion()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var versions = new[] { await tenant.UploadAsync(0, "flip", "CHAT-BIAS-SCALE-NORM.pth"), await tenant.UploadAsync(0, "flip", "V1-PREFIX.pth") };
        var texts = new Dictionary<string, string?>();
        foreach (var version in versions)
        {
            var (_, body) = await tenant.CompleteAsync(0, $"flip@sha256:{version}", "abc", 8);
            texts.Add($"sha256:{version}", TextOf(body));
        }

        await Cluster.Silo(2).KillAsync();
        await Eventually.TrueAsync(async () => (await ReadyAsync(tenant)).Length == 3, Cancellation);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var answered = 0;
        var load = Enumerable.Range(0, 6).Select(async worker =>
        {
            var faults = new List<string>();
            while (!enough.IsCancellationRequested)
            {
                var (status, body) = await tenant.CompleteAsync(worker % 2, "flip", "abc", 8);
                if (status == 503)
                {
                    continue; // Whoever meets the death itself is told to come back.
                }

                var isRight = status == 200 && texts[body.GetProperty("system_fingerprint").GetString()!] == TextOf(body);
                faults.AddRange(isRight ? [] : [body.ToString()]);
                Interlocked.Increment(ref answered);
            }

            return faults;
        }).ToArray();
        for (var move = 0; move < 20; move++)
        {
            if (move == 10)
            {
                await Cluster.StartSiloAsync(2, Cancellation);
                await Eventually.TrueAsync(async () => (await ReadyAsync(tenant)).Length == 4, Cancellation);
            }

            var request = new MoveAliasRequest { Name = "flip", Alias = "latest", Version = versions[move % 2] };
            await new AdapterService.AdapterServiceClient(tenant.Channels[move % 2]).MoveAliasAsync(request, tenant.Metadata, cancellationToken: Cancellation);
        }

        await enough.CancelAsync();
        Assert.Empty((await Task.WhenAll(load)).SelectMany(faults => faults));
        Assert.True(answered > 0);
        Assert.All(await ReadyAsync(tenant), replica => Assert.Subset(replica.ResidentVersions.ToHashSet(), versions.ToHashSet()));
    }

    private static async Task<Replica[]> ReadyAsync(ClusterTenant tenant) =>
        [.. (await ListReplicasAsync(tenant, 0)).Where(replica => replica.State == ReplicaState.Ready)];
}

[Collection("members")]
public sealed class MembersAliasTests(MembersOnSqlite fixture) : AliasTests(fixture);

[Collection("clients")]
public sealed class ClientsAliasTests(ClientsOnPostgres fixture) : AliasTests(fixture);
