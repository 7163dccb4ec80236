using Herd.Protos.V1;
using Herd.Testing.Cluster;
using Herd.Testing.Training;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>A training job whose silo dies.</summary>
public abstract class TrainingDeathTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    private const int Steps = 200;

    [Fact]
    public async Task SiloThatTrainsKilled_AnotherOneGoesOnFromTheCheckpointToTheSameVersion()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var jobs = new TrainingClient(tenant.Channels[0], tenant.Metadata);
        var whole = await jobs.EndedAsync(await jobs.CreateAsync(TrainingClient.Settings(Steps), JobArchive.Plain()));

        var cut = await jobs.CreateAsync(TrainingClient.Settings(Steps), JobArchive.Plain());
        await jobs.WaitForStepsAsync(cut, Steps / 4);
        var victim = Enumerable.Range(0, HerdCluster.Silos).Single(silo => Trains(Cluster.Silo(silo).Id));
        await Cluster.Silo(victim).KillAsync();
        var ended = await jobs.EndedAsync(cut);

        Assert.True(whole.State == TrainingJobState.Succeeded, whole.ToString());
        Assert.True(ended.State == TrainingJobState.Succeeded, ended.ToString());
        Assert.Equal(whole.Version, ended.Version);
        Assert.True(Cluster.Silo(victim).HasEnded);
    }

    /// <summary>Whether a process has children: a silo starts none but for training.</summary>
    private static bool Trains(int process) =>
        Directory.EnumerateDirectories($"/proc/{process}/task").Any(thread => File.ReadAllText(Path.Combine(thread, "children")).Length > 0);
}

[Collection("members")]
public sealed class MembersTrainingDeathTests(MembersOnSqlite fixture) : TrainingDeathTests(fixture);

[Collection("clients")]
public sealed class ClientsTrainingDeathTests(ClientsOnPostgres fixture) : TrainingDeathTests(fixture);
