using Grpc.Core;
using Herd.Contracts.Keys;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>A turn whose conversation's silo dies while readers at both gateways follow it.</summary>
public abstract class TurnDeathTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    private const int AnswerTokens = 1900;
    private const int Tries = 20;

    [Fact]
    public async Task SiloOfTheConversationKilled_ReadersGoOnInTheSameStream()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        await CreateAsync(tenant, "whole");
        var undisturbed = new TurnReading();
        var whole = await undisturbed.ReadAsync(Run(tenant, 0, "whole"), null, Cancellation);

        var (conversation, victim, readers, turns) = await StartApartAsync(tenant);
        await Cluster.Silo(victim).KillAsync();
        var finished = await Task.WhenAll(turns);
        await Cluster.StartSiloAsync(victim, Cancellation);

        Assert.All(readers, reader => Assert.Equal(undisturbed.Ids, reader.Ids));
        Assert.All(readers, reader => Assert.Equal((whole.Answer, 1, 0), (reader.Text, reader.Accepted, reader.Restarts)));
        Assert.All(finished, turn => Assert.Equal((TurnState.Completed, whole.Answer), (turn.State, turn.Answer)));
        await AssertResumesAsync(tenant, conversation, undisturbed);
    }

    /// <summary>Whoever comes back with the right hash gets what follows; with another one, at any gateway, the whole answer after a word that says so.</summary>
    private static async Task AssertResumesAsync(ClusterTenant tenant, string conversation, TurnReading undisturbed)
    {
        const int Known = 700;
        foreach (var gateway in new[] { 0, 1 })
        {
            var right = new TurnReading([.. undisturbed.Ids.Take(Known)]);
            var request = new ReadTurnRequest { ConversationId = conversation, TurnId = "t1", FromIndex = Known, RunningHash = right.Hash };
            await right.ReadAsync(tenant.Conversations(gateway).ReadTurn(request, tenant.Metadata, cancellationToken: Cancellation), null, Cancellation);
            request.RunningHash++;
            var wrong = new TurnReading { MayRestart = true };
            await wrong.ReadAsync(tenant.Conversations(gateway).ReadTurn(request, tenant.Metadata, cancellationToken: Cancellation), null, Cancellation);

            Assert.Equal(undisturbed.Ids[Known..], right.Ids);
            Assert.Equal(undisturbed.Ids, wrong.Ids);
            Assert.Equal((0, 1), (right.Restarts, wrong.Restarts));
        }
    }

    /// <summary>Has a turn run whose conversation lives on one silo while another's replica makes its answer, with a reader at each gateway.</summary>
    private async Task<(string Conversation, int Silo, TurnReading[] Readers, Task<Turn>[] Turns)> StartApartAsync(ClusterTenant tenant)
    {
        await using var places = await GrainPlaces.ConnectAsync(Cluster, Cancellation);
        for (var tried = 0; tried < Tries; tried++)
        {
            var conversation = $"cut-{tried}";
            await CreateAsync(tenant, conversation);
            var silo = await places.SiloOfAsync(tenant.Name, conversation);
            TurnReading[] readers = [new(), new()];
            StreamWatch[] watches = [new(), new()];
            Task<Turn>[] turns = [.. readers.Select((reader, gateway) => reader.ReadAsync(Run(tenant, gateway, conversation), watches[gateway], Cancellation))];
            await Task.WhenAll(watches.Select(watch => watch.Begun)).WaitAsync(Cancellation);
            var busy = await BusySiloAsync(tenant, turns);
            if (busy is not null && busy != silo && !turns.Any(turn => turn.IsCompleted))
            {
                return (conversation, silo, readers, turns);
            }

            await tenant.Conversations(0).CancelTurnAsync(new CancelTurnRequest { ConversationId = conversation, TurnId = "t1" }, tenant.Metadata, cancellationToken: Cancellation);
            await Task.WhenAll(turns);
            await Eventually.TrueAsync(async () => await BusySilosAsync(tenant) is [], Cancellation);
        }

        throw new InvalidOperationException($"Of {Tries} conversations none was answered by another silo than its own.");
    }

    /// <returns>The silo whose replica answers; null where the answer ended before it was seen.</returns>
    private static async Task<int?> BusySiloAsync(ClusterTenant tenant, Task<Turn>[] turns)
    {
        IReadOnlyList<int> busy = [];
        await Eventually.TrueAsync(async () => (busy = await BusySilosAsync(tenant)) is not [] || turns.Any(turn => turn.IsCompleted), Cancellation);
        return busy is [var silo] ? silo : null;
    }

    private static async Task<IReadOnlyList<int>> BusySilosAsync(ClusterTenant tenant) =>
        [.. (await ListReplicasAsync(tenant, 0)).Where(replica => replica.RunningSequences > 0).Select(replica => GrainPlaces.IndexOf(GrainKeys.SiloOf(replica.Id)))];

    private static async Task CreateAsync(ClusterTenant tenant, string conversation) => await tenant.Conversations(1)
        .CreateConversationAsync(new CreateConversationRequest { Model = "base", Id = conversation }, tenant.Metadata, cancellationToken: Cancellation);

    private static AsyncServerStreamingCall<TurnUpdate> Run(ClusterTenant tenant, int gateway, string conversation)
    {
        var sampling = new Sampling { Temperature = 1, TopP = 1, Seed = 7, MaxTokens = AnswerTokens, IgnoreEnd = true };
        var request = new RunTurnRequest { ConversationId = conversation, TurnId = "t1", Text = "Hello", Sampling = sampling };
        return tenant.Conversations(gateway).RunTurn(request, tenant.Metadata, cancellationToken: Cancellation);
    }
}

[Collection("members")]
public sealed class MembersTurnDeathTests(MembersOnSqlite fixture) : TurnDeathTests(fixture);

[Collection("clients")]
public sealed class ClientsTurnDeathTests(ClientsOnPostgres fixture) : TurnDeathTests(fixture);
