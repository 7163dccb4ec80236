using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Faults of the engine's own: those concerned are told, the others and the loop go on.</summary>
public sealed class DeviceLoopTests
{
    private const int NoSuchToken = 100_000;

    [Fact]
    public async Task Submit_AStepThatFails_EndsThoseInItAndNoOthers()
    {
        using var loaded = await LoadedBase.LoadAsync(TinyModel.Options, null, TestContext.Current.CancellationToken);
        using var registry = new AdapterRegistry();
        var loop = new DeviceLoop(loaded.MakeParts(TinyModel.Options, registry), 8, NullLogger.Instance);
        using (loop)
        {
            await ExpectFaultAsync(Submit(loaded, loop, [1, NoSuchToken]));
            Assert.Equal(4, (await Submit(loaded, loop, [1, 5])).Ids.Length);
        }

        ExpectNothingHeld(loop.Status);
    }

    [Fact]
    public async Task Submit_AnAdapterThatCannotBePutOnTheDevice_EndsItsGenerationAndNotTheLoop()
    {
        using var loaded = await LoadedBase.LoadAsync(TinyModel.Options, null, TestContext.Current.CancellationToken);
        using var registry = new AdapterRegistry();
        var parts = loaded.MakeParts(TinyModel.Options, registry);
        var slots = new SlotTable(1, (_, _) => throw new InvalidOperationException("The device is full."));
        var loop = new DeviceLoop(parts with { Scheduler = new Scheduler(new SchedulerLimits(4, 80), parts.Blocks, slots) }, 8, NullLogger.Instance);
        using var package = AdapterPackage.Read(
            TinyModel.Golden("adapters", TinyModel.Chat + ".pth"), new AdapterReadOptions { BaseConfig = loaded.Description.Config, BaseDigest = loaded.Description.Digest });
        using var lease = registry.Add(package.Version, package.Manifest, AdapterWeights.FromPackage(package, loaded.Description.Config));

        using (loop)
        {
            await ExpectFaultAsync(Submit(loaded, loop, [1, 5], registry.TryLease(lease.Version)));
            Assert.Equal(4, (await Submit(loaded, loop, [1, 5])).Ids.Length);
        }

        ExpectNothingHeld(loop.Status);
    }

    [Theory]
    [InlineData(512, 0)] // all of the prompt in the step that fails
    [InlineData(80, PromptTiles.Tokens)] // its first tile in a step before
    public async Task Submit_APromptWhoseStepFails_LeavesToOthersOnlyWhatWasComputed(int stepTokens, int left)
    {
        var options = TinyModel.Options with { MaxStepTokens = stepTokens, MaxRunningSequences = 4 };
        using var loaded = await LoadedBase.LoadAsync(options, null, TestContext.Current.CancellationToken);
        using var registry = new AdapterRegistry();
        var loop = new DeviceLoop(loaded.MakeParts(options, registry), 8, NullLogger.Instance);
        int[] good = [1, .. Enumerable.Range(5, 149)];
        int[] bad = [.. good[..100], NoSuchToken];
        using (loop)
        {
            await ExpectFaultAsync(Submit(loaded, loop, bad));
            var first = await Submit(loaded, loop, good);
            await ExpectFaultAsync(Submit(loaded, loop, bad));
            var second = await Submit(loaded, loop, good);

            Assert.Equal((left, 2 * PromptTiles.Tokens), (first.End.ReusedTokens, second.End.ReusedTokens));
            Assert.Equal(first.Ids, second.Ids);
        }

        ExpectNothingHeld(loop.Status);
    }

    [Fact]
    public async Task Submit_APictureThatCannotBeEncoded_EndsItsGenerationAndLeavesNothingHeld()
    {
        using var loaded = await LoadedBase.LoadAsync(TinyModel.Options, null, TestContext.Current.CancellationToken);
        using var registry = new AdapterRegistry();
        var loop = new DeviceLoop(loaded.MakeParts(TinyModel.Options, registry), 8, NullLogger.Instance);
        using var package = AdapterPackage.Read(
            TinyModel.Golden("adapters", TinyModel.Visual + ".pth"),
            new AdapterReadOptions { BaseConfig = loaded.Description.Config, BaseDigest = loaded.Description.Digest, VisualHeads = 4 });
        using (var lease = registry.Add(package.Version, package.Manifest, AdapterWeights.FromPackage(package, loaded.Description.Config)))
        using (loop)
        {
            var broken = new PreparedPicture("digest", [0.5f]);
            await ExpectFaultAsync(Submit(loaded, loop, [1, 5], registry.TryLease(lease.Version), broken));
            Assert.Equal(4, (await Submit(loaded, loop, [1, 5], registry.TryLease(lease.Version))).Ids.Length);
        }

        ExpectNothingHeld(loop.Status);
        Assert.Equal(0, registry.Leases);
    }

    private static void ExpectNothingHeld(EngineStatus status)
    {
        Assert.Equal((0, 0, status.TotalBlocks), (status.RunningSequences, status.WaitingSequences, status.FreeBlocks));
        Assert.Equal(0, status.AccountFaults);
    }

    private static Task<Answer> Submit(LoadedBase loaded, DeviceLoop loop, int[] prompt, AdapterLease? adapter = null, PreparedPicture? picture = null)
    {
        var request = new GenerationRequest { PromptIds = prompt, MaxTokens = 4, IgnoreEnd = true };
        var generation = new Generation(1, request, picture, adapter, loaded.Tokenizer, TimeProvider.System);
        loop.Submit(generation);
        return Answer.ReadAsync(generation.Events.ReadAllAsync(TestContext.Current.CancellationToken));
    }

    private static async Task ExpectFaultAsync(Task<Answer> answer)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => answer);
        Assert.Equal(EngineErrorCode.Fault, error.Code);
        Assert.DoesNotContain("device is full", error.Message, StringComparison.Ordinal);
    }
}
