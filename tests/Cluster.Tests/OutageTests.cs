using System.Net;
using Google.Rpc;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Herd.Testing.Postgres;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>The database crashes under a running cluster, and comes back.</summary>
[Collection("clients")]
public sealed class OutageTests(ClientsOnPostgres fixture) : ClusterTest(fixture)
{
    private const int LongAnswer = 800;

    private PostgresServer Postgres => Cluster.Storage.Postgres!;

    private IEnumerable<Uri> Everybody =>
        [.. Enumerable.Range(0, HerdCluster.Silos).Select(Cluster.Health), .. Enumerable.Range(0, HerdCluster.Gateways).Select(Cluster.Http)];

    private IEnumerable<ChildProcess> Processes =>
        [.. Enumerable.Range(0, HerdCluster.Silos).Select(Cluster.Silo), .. Enumerable.Range(0, HerdCluster.Gateways).Select(Cluster.Gateway)];

    [Fact]
    public async Task DatabaseCrashed_ErrorsSayWhenToRetryAndAllIsWellAgainWithoutARestart()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var talk = await NewConversationAsync(tenant, 0);
        var (read, watch) = (new TurnReading(), new StreamWatch());
        var turn = read.ReadAsync(
            tenant.Conversations(0).RunTurn(TurnOf(talk, "t1", LongAnswer), tenant.Metadata, cancellationToken: Cancellation), watch, Cancellation);
        await watch.Begun.WaitAsync(Cancellation);
        var processes = Processes.ToArray();

        await Postgres.CrashAsync();
        await Eventually.TrueAsync(IsToldByEverybodyAsync, Cancellation, "every process says that the database does not answer");
        var alive = await Task.WhenAll(Everybody.Select(address => Cluster.HealthAsync(address, "/healthz", Cancellation)));
        var refused = await Task.WhenAll(Enumerable.Range(0, HerdCluster.Gateways).Select(async gateway => (await AskOverHttpAsync(tenant, gateway), await AskOverGrpcAsync(tenant, gateway))));
        await Postgres.ResumeAsync(Cancellation);
        await Cluster.StartAllAsync(Cancellation);
        var rest = await ReadRestAsync(tenant, talk, read, turn);

        Assert.All(alive, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.All(refused, both => Assert.Equal(((HttpStatusCode.ServiceUnavailable, true), (StatusCode.Unavailable, true)), both));
        Assert.Equal((TurnState.Completed, LongAnswer), (rest.State, read.Count));
        Assert.Equal(rest.Answer, read.Text);
        Assert.Equal(64, (await tenant.UploadAsync(1, "cat", "CHAT-BIAS-SCALE-NORM.pth")).Length);
        Assert.Equal(200, (await tenant.CompleteAsync(1, "cat", "abc", 8)).Status);
        Assert.Equal(processes, Processes);
        Assert.All(processes, process => process.ExpectRunning());
        Assert.All(processes, process => Assert.DoesNotContain(PostgresServer.Password, process.Output, StringComparison.Ordinal));
    }

    private async Task<bool> IsToldByEverybodyAsync()
    {
        var told = await Task.WhenAll(Everybody.Select(address => Cluster.AskAsync(address, "/readyz", Cancellation)));
        return told.All(told => told.Status == HttpStatusCode.ServiceUnavailable && told.Words.Contains("database", StringComparison.Ordinal));
    }

    private static async Task<(HttpStatusCode Status, bool HasRetryTime)> AskOverHttpAsync(ClusterTenant tenant, int gateway)
    {
        using var bytes = File.OpenRead(Path.Combine(RepositoryFiles.Golden, "adapters", "BIAS.pth"));
        using var content = new StreamContent(bytes);
        using var response = await tenant.Http[gateway].PutAsync(new Uri("/v1/adapters/dog?visual_heads=4", UriKind.Relative), content, Cancellation);
        return (response.StatusCode, response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    private static async Task<(StatusCode Status, bool HasRetryTime)> AskOverGrpcAsync(ClusterTenant tenant, int gateway)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => NewConversationAsync(tenant, gateway));
        return (error.StatusCode, error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    /// <summary>The turn that ran meanwhile either ended as if nothing had been, or said that it goes on; then it is read on.</summary>
    private static async Task<Turn> ReadRestAsync(ClusterTenant tenant, string talk, TurnReading read, Task turn)
    {
        try
        {
            await turn;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
        {
            var position = new ReadTurnRequest { ConversationId = talk, TurnId = "t1", FromIndex = read.Count, RunningHash = read.Hash };
            await read.ReadAsync(tenant.Conversations(1).ReadTurn(position, tenant.Metadata, cancellationToken: Cancellation), null, Cancellation);
        }

        return read.Finished!;
    }
}
