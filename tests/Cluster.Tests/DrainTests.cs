using System.Net;
using Herd.Testing;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What clients notice of a process that is asked to end: nothing.</summary>
public abstract class DrainTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    private const int LongAnswer = 800;

    [Fact]
    public async Task SiloTerminated_InTheMiddleOfTraffic_NothingFails()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var traffic = await Traffic.StartAsync(tenant, hasTwoGateways: false, Cancellation);
        await traffic.DoMoreAsync(1);

        await Cluster.Silo(1).AskToEndAsync();
        var words = await WaitUntilNotReadyAsync(Cluster.Health(1));
        var code = await Cluster.Silo(1).TerminateAsync();
        await traffic.DoMoreAsync(1);
        await Cluster.StartSiloAsync(1, Cancellation);
        await traffic.StopAsync();

        Report(traffic.Done);
        Assert.Empty(traffic.Faults);
        Assert.Equal(0, code);
        Assert.Contains("Draining", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GatewayTerminated_WhatIsOpenEndsWellAndTheOtherTakesWhatIsNew()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var traffic = await Traffic.StartAsync(tenant, hasTwoGateways: true, Cancellation);
        var (talk, watch) = (await NewConversationAsync(tenant, 1), new StreamWatch());
        var turn = RunTurnAsync(tenant, 0, TurnOf(talk, "t1", LongAnswer), watch);
        await traffic.DoMoreAsync(1);
        await watch.Begun.WaitAsync(Cancellation);

        await Cluster.Gateway(0).AskToEndAsync();
        var words = await WaitUntilNotReadyAsync(Cluster.Http(0));
        var code = await Cluster.Gateway(0).TerminateAsync();
        await traffic.DoMoreAsync(1);
        await traffic.StopAsync();

        Report(traffic.Done);
        Assert.Equal(LongAnswer, (await turn).Count);
        Assert.Empty(traffic.Faults);
        Assert.Equal(0, code);
        Assert.Contains("about to end", words, StringComparison.Ordinal);
    }

    /// <summary>Waits until a process says that it is not ready.</summary>
    private async Task<string> WaitUntilNotReadyAsync(Uri address)
    {
        (HttpStatusCode? Status, string Words) told = (null, "");
        await Eventually.TrueAsync(
            async () => (told = await Cluster.AskAsync(address, "/readyz", Cancellation)).Status != HttpStatusCode.OK, Cancellation, $"{address} is not ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, told.Status);
        return told.Words;
    }
}

[Collection("members")]
public sealed class MembersDrainTests(MembersOnSqlite fixture) : DrainTests(fixture);

[Collection("clients")]
public sealed class ClientsDrainTests(ClientsOnPostgres fixture) : DrainTests(fixture);
