using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Training;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.Training;

/// <summary>A training job whose gateway is killed.</summary>
public sealed class RestartedJobTests : IDisposable
{
    private const int Steps = 200;

    private readonly TestFolder _data = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Gateway_KilledInTheMiddleOfAJob_GoesOnFromTheCheckpointToTheSameVersion()
    {
        TrainingJob whole;
        string killed;
        TestTenant before;
        await using (var first = await StartAsync())
        {
            before = await TestTenant.CreateAsync(first, "trainer");
            var jobs = new TrainingClient(before.Channel, before.Metadata);
            whole = await jobs.EndedAsync(await jobs.CreateAsync(TrainingClient.Settings(Steps), JobArchive.Plain()));
            killed = await jobs.CreateAsync(TrainingClient.Settings(Steps), JobArchive.Plain());
            await jobs.WaitForStepsAsync(killed, 20);
            await first.KillAsync();
        }

        await using var second = await StartAsync();
        var after = before.At(second);
        var ended = await new TrainingClient(after.Channel, after.Metadata).EndedAsync(killed);

        Assert.True(whole.State == TrainingJobState.Succeeded, whole.ToString());
        Assert.True(ended.State == TrainingJobState.Succeeded, ended.ToString());
        Assert.Equal(whole.Version, ended.Version);
    }

    private async Task<GatewayProcess> StartAsync()
    {
        var gateway = GatewayProcess.Start(
            _data.Path, [.. HerdPrograms.GoldenBase, "--dtype", "float32", "--set", "Training:Threads=1", "Training:CheckpointEvery=5", "Training:Lease=00:00:02"]);
        await gateway.WaitUntilReadyAsync(Cancellation);
        return gateway;
    }
}
