using System.Text.Json;
using Herd.Protos.V1;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>A test on a cluster that others use too: whatever they killed is there again when it begins.</summary>
public abstract class ClusterTest(ClusterFixture fixture) : IAsyncLifetime
{
    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected HerdCluster Cluster => fixture.Cluster;

    public async ValueTask InitializeAsync() => await Cluster.StartAllAsync(Cancellation);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected static async Task<string> NewConversationAsync(ClusterTenant tenant, int gateway) => (await tenant.Conversations(gateway)
        .CreateConversationAsync(new CreateConversationRequest { Model = "base" }, tenant.Metadata, cancellationToken: Cancellation)).Id;

    private protected static RunTurnRequest TurnOf(string conversation, string turn, int tokens) => new()
    {
        ConversationId = conversation, TurnId = turn, Text = "Hello", Sampling = new Sampling { Temperature = 0, MaxTokens = tokens, IgnoreEnd = true },
    };

    private protected static async Task<TurnReading> RunTurnAsync(ClusterTenant tenant, int gateway, RunTurnRequest turn, StreamWatch? watch = null)
    {
        var read = new TurnReading();
        await read.ReadAsync(tenant.Conversations(gateway).RunTurn(turn, tenant.Metadata, cancellationToken: Cancellation), watch, Cancellation);
        return read;
    }

    private protected static async Task<IReadOnlyList<Turn>> ListTurnsAsync(ClusterTenant tenant, int gateway, string conversation) => (await tenant.Conversations(gateway)
        .ListTurnsAsync(new ListTurnsRequest { ConversationId = conversation }, tenant.Metadata, cancellationToken: Cancellation)).Turns;

    private protected static async Task<IReadOnlyList<Replica>> ListReplicasAsync(ClusterTenant tenant, int gateway) =>
        (await new ReplicaService.ReplicaServiceClient(tenant.AdminChannels[gateway])
            .ListReplicasAsync(new ListReplicasRequest(), HerdCluster.Admin, cancellationToken: Cancellation)).Replicas;

    private protected static string? TextOf(JsonElement body) => body.GetProperty("choices")[0].GetProperty("text").GetString();

    private protected static void Report(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
