using System.Diagnostics;
using System.Net;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>Keys that end, at every gateway.</summary>
public abstract class KeyTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    private const int LongAnswer = 1900;
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task KeyRevokedAtOneGateway_IsRefusedByAllWithinThePromiseAndOnlyWhatItBeganGoesOn()
    {
        using var revoked = await Cluster.NewTenantAsync(Cancellation);
        using var second = await Cluster.NewKeyAsync(revoked.Name, expiresAt: null, Cancellation);
        using var third = await Cluster.NewKeyAsync(revoked.Name, expiresAt: null, Cancellation);
        var talk = await NewConversationAsync(revoked, 1);
        StreamWatch[] watches = [new(), new()];
        var answer = revoked.GenerateAsync(0, "Hello", LongAnswer, watches[0].Note);
        var turn = RunTurnAsync(revoked, 1, TurnOf(talk, "t1", LongAnswer), watches[1]);
        await Task.WhenAll(watches.Select(watch => watch.Begun)).WaitAsync(Cancellation);
        Assert.All(await AskAllAsync(revoked, second, third), status => Assert.Equal(HttpStatusCode.OK, status));

        await RevokeAsync(revoked);
        var since = Stopwatch.GetTimestamp();
        Assert.False(answer.IsCompleted || turn.IsCompleted, "Both answers are under way.");
        await Eventually.TrueAsync(async () => (await AskAllAsync(revoked)).All(status => status == HttpStatusCode.Unauthorized), Cancellation);
        var elapsed = Stopwatch.GetElapsedTime(since);

        Report($"Refused by both gateways after {elapsed.TotalSeconds:F2} s.");
        Assert.InRange(elapsed, TimeSpan.Zero, Promise);
        Assert.All(await AskAllAsync(second, third), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(LongAnswer, (await answer).Tokens.Count);
        Assert.Equal((TurnState.Completed, LongAnswer), ((await turn).Finished!.State, (await turn).Count));
    }

    [Fact]
    public async Task KeyWithAnEnd_IsServedBeforeItAndRefusedFromItOnAtEveryGateway()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var end = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.AddSeconds(2).ToUnixTimeMilliseconds());
        using var brief = await Cluster.NewKeyAsync(tenant.Name, end, Cancellation);

        // Asked all the time, so that both gateways remember it when it ends.
        for (var isOver = false; !isOver;)
        {
            isOver = DateTimeOffset.UtcNow >= end;
            var told = await AskAllAsync(brief);
            if (isOver || DateTimeOffset.UtcNow < end)
            {
                Assert.All(told, status => Assert.Equal(isOver ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, status));
            }
        }

        Assert.All(await AskAllAsync(tenant), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    /// <summary>Asks each gateway with each key.</summary>
    private static Task<HttpStatusCode[]> AskAllAsync(params ClusterTenant[] keys) => Task.WhenAll(keys.SelectMany(key => key.Http).Select(async http =>
    {
        using var response = await http.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancellation);
        return response.StatusCode;
    }));

    private static async Task RevokeAsync(ClusterTenant tenant) => await new TenantService.TenantServiceClient(tenant.AdminChannels[0]).RevokeKeyAsync(
        new RevokeKeyRequest { Tenant = tenant.Name, KeyId = tenant.Key.Split('_')[1] }, HerdCluster.Admin, cancellationToken: Cancellation);
}

[Collection("members")]
public sealed class MembersKeyTests(MembersOnSqlite fixture) : KeyTests(fixture);

[Collection("clients")]
public sealed class ClientsKeyTests(ClientsOnPostgres fixture) : KeyTests(fixture);
