using System.Diagnostics;
using Herd.Protos.V1;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>A silo that sleeps for longer than the others wait for it, and wakes up with a turn in its hands.</summary>
[Collection("clients")]
public sealed class SleepTests(ClientsOnPostgres fixture) : ClusterTest(fixture)
{
    private const int LongAnswer = 800;
    private const int TakenForDead = 2;
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task SiloAsleep_ItsTurnsGoOnElsewhereAndItCanAddNothingWhenItWakes()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var model = await RunTurnAsync(tenant, 0, TurnOf(await NewConversationAsync(tenant, 0), "t1", LongAnswer));
        var talks = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => NewConversationAsync(tenant, 0)));
        var sleeper = Cluster.Silo(await SiloOfAsync(tenant, talks[0]));
        var watches = talks.Select(_ => new StreamWatch()).ToArray();
        var turns = talks.Select((talk, i) => RunTurnAsync(tenant, i % 2, TurnOf(talk, "t1", LongAnswer), watches[i])).ToArray();
        await Task.WhenAll(watches.Select(watch => watch.Begun)).WaitAsync(Cancellation);

        await sleeper.SuspendAsync();
        Assert.False(turns[0].IsCompleted, "The turn is under way.");
        var asleep = Stopwatch.StartNew();
        var answers = await Task.WhenAll(turns);
        await Task.Delay(Sleep - asleep.Elapsed > TimeSpan.Zero ? Sleep - asleep.Elapsed : TimeSpan.Zero, Cancellation);
        await sleeper.ContinueAsync();
        var code = await sleeper.WaitForExitAsync(Cancellation);

        Report($"Longest silence of a stream: {watches.Max(watch => watch.Silence).TotalSeconds:F1} s.");
        var stored = await Task.WhenAll(talks.Select(talk => ListTurnsAsync(tenant, 1, talk)));
        Assert.All(answers, answer => Assert.Equal((LongAnswer, model.Text), (answer.Count, answer.Text)));
        Assert.All(stored, turn => Assert.Equal((TurnState.Completed, model.Text), (Assert.Single(turn).State, turn[0].Answer)));
        Assert.True(code == TakenForDead, sleeper.Output);
        Assert.Contains("Herd ends. Its cluster goes on without this process", sleeper.Output, StringComparison.Ordinal);
    }

    private async Task<int> SiloOfAsync(ClusterTenant tenant, string talk)
    {
        await using var places = await GrainPlaces.ConnectAsync(Cluster, Cancellation);
        return await places.SiloOfAsync(tenant.Name, talk);
    }
}
