using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What is left when processes are killed without a warning.</summary>
public abstract class DeathTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    private const int LongAnswer = 800;

    // Tells a stream that goes on from one that hangs. How soon it goes on is measured by the fault program: here other tests share the cores.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task SiloKilled_OpenStreamsGoOnElsewhereAsIfNothingHadBeen()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var prompts = Enumerable.Range(0, 4).Select(i => $"story {i}").ToArray();
        var undisturbed = await Task.WhenAll(prompts.Select((prompt, i) => tenant.GenerateAsync(i % 2, prompt, LongAnswer)));
        var talks = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => NewConversationAsync(tenant, i % 2)));
        var watches = prompts.Concat(talks).Select(_ => new StreamWatch()).ToArray();
        var streams = prompts.Select((prompt, i) => tenant.GenerateAsync(i % 2, prompt, LongAnswer, watches[i].Note)).ToArray();
        var turns = talks.Select((talk, i) => RunTurnAsync(tenant, i % 2, TurnOf(talk, "t1", LongAnswer), watches[prompts.Length + i])).ToArray();

        await Task.WhenAll(watches.Select(watch => watch.Begun)).WaitAsync(Cancellation);
        await Cluster.Silo(0).KillAsync();
        var broken = await Task.WhenAll(streams);
        var read = await Task.WhenAll(turns);
        var stored = await Task.WhenAll(talks.Select(talk => ListTurnsAsync(tenant, 0, talk)));

        var silence = watches.Max(watch => watch.Silence);
        Report($"Silences of streams: {string.Join(", ", watches.Select(watch => $"{watch.Silence.TotalSeconds:F1} s"))}; the last {talks.Length} are of turns.");
        Assert.All(undisturbed.Zip(broken), pair => Assert.Equal(pair.First.Tokens, pair.Second.Tokens));
        Assert.All(undisturbed.Zip(broken), pair => Assert.Equal(pair.First.Text, pair.Second.Text));
        Assert.All(broken, answer => Assert.Equal(Enumerable.Range(0, LongAnswer), answer.Tokens.Select(token => token.Index)));
        Assert.All(read.Zip(stored), pair => Assert.Equal((LongAnswer, pair.First.Text), (pair.First.Count, Assert.Single(pair.Second).Answer)));
        Assert.True(silence <= LongestSilence, $"A stream was silent for {silence}.");
    }

    [Fact]
    public async Task GatewayKilled_TheTurnIsResumedThroughTheOther()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var talk = await NewConversationAsync(tenant, 1);
        var (read, watch) = (new TurnReading(), new StreamWatch());
        var broken = Assert.ThrowsAsync<RpcException>(() => StartTurn(tenant, talk, read, watch));

        await watch.Begun.WaitAsync(Cancellation);
        await Cluster.Gateway(0).KillAsync();
        await broken;
        await ReadOnAsync(tenant, talk, read);

        var turn = Assert.Single(await ListTurnsAsync(tenant, 1, talk));
        Assert.Equal((TurnState.Completed, turn.Answer), (turn.State, read.Text));
    }

    [Fact]
    public async Task AllKilled_InTheMiddleOfTraffic_WhatWasAcknowledgedIsThere()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var talk = await NewConversationAsync(tenant, 0);
        var traffic = await Traffic.StartAsync(tenant, hasTwoGateways: false, Cancellation);
        await traffic.DoMoreAsync(3);
        var (read, watch) = (new TurnReading(), new StreamWatch());
        var broken = Assert.ThrowsAsync<RpcException>(() => StartTurn(tenant, talk, read, watch));

        await watch.Begun.WaitAsync(Cancellation);
        var early = traffic.Faults.ToArray();
        await Cluster.KillAllAsync();
        await Task.WhenAll(broken, traffic.StopAsync());
        await Cluster.StartAllAsync(Cancellation);

        Report(traffic.Done);
        Assert.Empty(early);
        Assert.InRange(await UsedTokensAsync(tenant), traffic.Tokens + read.Count, long.MaxValue);
        await ReadOnAsync(tenant, talk, read);
        Assert.Equal(LongAnswer, read.Count);
        Assert.Equal(Assert.Single(await ListTurnsAsync(tenant, 1, talk)).Answer, read.Text);
        await ExpectTurnsAsync(tenant, traffic);
        await ExpectAdaptersAsync(tenant, traffic);
    }

    private static Task<Turn> StartTurn(ClusterTenant tenant, string talk, TurnReading read, StreamWatch watch) => read.ReadAsync(
        tenant.Conversations(0).RunTurn(TurnOf(talk, "long", LongAnswer), tenant.Metadata, cancellationToken: Cancellation), watch, Cancellation);

    /// <summary>Reads on through the other gateway from where the reader stands, to the turn's end.</summary>
    private static async Task ReadOnAsync(ClusterTenant tenant, string talk, TurnReading read)
    {
        var position = new ReadTurnRequest { ConversationId = talk, TurnId = "long", FromIndex = read.Count, RunningHash = read.Hash };
        await read.ReadAsync(tenant.Conversations(1).ReadTurn(position, tenant.Metadata, cancellationToken: Cancellation), null, Cancellation);
        Assert.Equal(TurnState.Completed, read.Finished?.State);
    }

    private static async Task<long> UsedTokensAsync(ClusterTenant tenant) => (await new UsageService.UsageServiceClient(tenant.Channels[0])
        .GetUsageAsync(new GetUsageRequest(), tenant.Metadata, cancellationToken: Cancellation)).Rows.Sum(row => row.GeneratedTokens);

    /// <summary>Turns that were answered are as they were, and those that were not are answered now, each once.</summary>
    private static async Task ExpectTurnsAsync(ClusterTenant tenant, Traffic traffic)
    {
        foreach (var talk in traffic.Conversations)
        {
            var told = traffic.Turns.Where(turn => turn.Key.Conversation == talk).ToDictionary(turn => turn.Key.Turn, turn => turn.Value, StringComparer.Ordinal);
            await Eventually.TrueAsync(async () => (await ListAllTurnsAsync(tenant, talk)).All(turn => turn.State == TurnState.Completed), Cancellation, "all turns have ended");
            var stored = await ListAllTurnsAsync(tenant, talk);

            Assert.Equal(Enumerable.Range(0, stored.Count).Select(i => $"t{i}"), stored.Select(turn => turn.TurnId));
            Assert.InRange(stored.Count, told.Count, told.Count + 1);
            Assert.All(stored.Take(told.Count), turn => Assert.Equal(told[turn.TurnId], turn.Answer));
        }
    }

    private static async Task<List<Turn>> ListAllTurnsAsync(ClusterTenant tenant, string talk)
    {
        var turns = new List<Turn>();
        while (true)
        {
            var request = new ListTurnsRequest { ConversationId = talk, FromIndex = turns.Count, PageSize = 100 };
            var page = await tenant.Conversations(1).ListTurnsAsync(request, tenant.Metadata, cancellationToken: Cancellation);
            if (page.Turns.Count == 0)
            {
                return turns;
            }

            turns.AddRange(page.Turns);
        }
    }

    private static async Task ExpectAdaptersAsync(ClusterTenant tenant, Traffic traffic)
    {
        var adapters = (await new AdapterService.AdapterServiceClient(tenant.Channels[0])
            .ListAdaptersAsync(new ListAdaptersRequest(), tenant.Metadata, cancellationToken: Cancellation)).Adapters.ToDictionary(adapter => adapter.Name, StringComparer.Ordinal);

        Assert.All(traffic.Versions.Keys, told => Assert.Contains(told.Version, adapters[told.Adapter].Versions.Select(version => version.Digest)));
        Assert.Contains(adapters[Traffic.Adapter].Aliases[Traffic.Alias], new[] { traffic.AliasTargets.Told, traffic.AliasTargets.Asked });
        foreach (var (adapter, version) in traffic.Versions.Keys)
        {
            var (status, body) = await tenant.CompleteAsync(0, $"{adapter}@sha256:{version}", "abc", 1);
            Assert.True(status == 200, body.ToString());
        }
    }
}

[Collection("members")]
public sealed class MembersDeathTests(MembersOnSqlite fixture) : DeathTests(fixture);

[Collection("clients")]
public sealed class ClientsDeathTests(ClientsOnPostgres fixture) : DeathTests(fixture);
