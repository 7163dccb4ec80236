using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Tests.Training;
using Herd.Engine.Training.Model;
using TorchSharp;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Counts all live tensors of the process, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(TensorCountTests), DisableParallelization = true)]
[Collection(nameof(TensorCountTests))]
public sealed class TensorCountTests(ITestOutputHelper output)
{
    private const int Requests = 10_000;
    private const int Round = 500;
    private const long NoCollectionBytes = 200L << 20;

    // A slot keeps its adapter, so only where all have one is the number of tensors the same whatever came last.
    private static readonly EngineOptions Options = TinyModel.Options with
    {
        MaxRunningSequences = 64,
        MaxWaitingSequences = Round,
        AdapterSlots = TinyModel.Adapters.Count,
    };

    [Fact]
    public async Task GenerateAsync_ThousandsOfRequestsOfAllKinds_LeaveNoTensorBehind()
    {
        var before = CountWithoutGarbage();
        var engine = await TinyModel.LoadAsync(Options);
        await WarmUpAsync(engine);
        var warm = await CountWhenIdleAsync(engine);

        var memory = new List<long>();
        for (var round = 0; round < Requests / Round; round++)
        {
            memory.Add(GC.GetTotalMemory(forceFullCollection: true));

            // Without collections a forgotten tensor cannot be freed by its finalizer before it is counted.
            Assert.True(GC.TryStartNoGCRegion(NoCollectionBytes));
            try
            {
                await RunAsync(engine, round, Round);
                Assert.Equal(warm, await CountWhenIdleAsync(engine));
            }
            finally
            {
                EndNoCollection();
            }
        }

        output.WriteLine($"Managed memory before the rounds, KiB: {string.Join(' ', memory.Select(bytes => bytes >> 10))}");
        Assert.Empty(engine.ResidentVersions);
        await engine.DisposeAsync();
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public async Task DisposeAsync_AfterAdaptersTookTurnsInTheirSlots_LeavesNoTensorBehind()
    {
        var before = CountWithoutGarbage();
        Assert.True(GC.TryStartNoGCRegion(NoCollectionBytes));
        try
        {
            var engine = await TinyModel.LoadAsync(Options with { AdapterSlots = 2, PromptCacheBytes = 10_000 });
            await WarmUpAsync(engine);
            await RunAsync(engine, seed: 9, count: 40);
            await engine.DisposeAsync();
            Assert.Equal(before, torch.Tensor.TotalCount);
        }
        finally
        {
            EndNoCollection();
        }
    }

    [Fact]
    public async Task LoadAdapterAsync_VersionsOfOneFrontEnd_HoldItsTensorsOnceAndLeaveNone()
    {
        await using var engine = await TinyModel.LoadAsync();
        var path = TinyModel.Golden("adapters", TinyModel.Visual + ".pth");
        var options = engine.AdapterReadOptions with { VisualHeads = TinyModel.VisualHeads };
        using var alpaca = AdapterPackage.Read(path, options);
        using var raw = AdapterPackage.Read(path, options with { Template = "raw" });
        var frontEnd = alpaca.Components.Single(component => component.Name == "visual").Tensors.Count;
        var before = CountWithoutGarbage();
        Assert.True(GC.TryStartNoGCRegion(NoCollectionBytes));
        try
        {
            var first = await engine.LoadAdapterAsync(alpaca, TestContext.Current.CancellationToken);
            var one = torch.Tensor.TotalCount - before;
            var second = await engine.LoadAdapterAsync(raw, TestContext.Current.CancellationToken);
            Assert.Equal((2 * one) - frontEnd, torch.Tensor.TotalCount - before);

            first.Dispose();
            Assert.Equal(one, torch.Tensor.TotalCount - before);
            second.Dispose();
            Assert.Equal(before, torch.Tensor.TotalCount);
        }
        finally
        {
            EndNoCollection();
        }
    }

    [Fact]
    public async Task LoadAsync_CancelledOrRefused_LeavesNoTensorBehind()
    {
        var before = CountWithoutGarbage();
        using var cancel = new CancellationTokenSource();
        var progress = new CancelAtWeights(cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => InferenceEngine.LoadAsync(TinyModel.Options, progress, cancellationToken: cancel.Token));
        Assert.True(progress.Seen);
        await Assert.ThrowsAnyAsync<EngineException>(() => TinyModel.LoadAsync(TinyModel.Options with { ClipPath = TinyModel.Golden("adapters", "BIAS.pth") }));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    /// <summary>Every pair of adapter and picture once: their prompts stay cached.</summary>
    private static async Task WarmUpAsync(TestEngine engine)
    {
        var adapters = await Workload.LoadAdaptersAsync(engine);
        var requests = from adapter in adapters
                       from picture in adapter.Value.Manifest.TakesPictures ? TinyModel.Pictures.Values.Append(null) : [null]
                       select new GenerationRequest { PromptIds = [1, 5], Adapter = adapter.Value, Picture = picture, MaxTokens = 2, Scope = "tests" };
        await Task.WhenAll(requests.Select(request => Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken))));
        GiveBack(adapters);
    }

    private static async Task RunAsync(TestEngine engine, int seed, int count)
    {
        var adapters = await Workload.LoadAdaptersAsync(engine);
        var asks = Workload.Random(seed, count, longestPrompt: 20, mostTokens: 4);
        var running = asks.Select((ask, index) => RunAsync(engine, ask.Request(adapters), index)).ToArray();
        GiveBack(adapters);
        await Task.WhenAll(running);
    }

    private static async Task RunAsync(TestEngine engine, GenerationRequest request, int index)
    {
        using var leave = new CancellationTokenSource();
        switch (index % 5)
        {
            case 0 when request.Picture is not null:
                await Assert.ThrowsAsync<EngineException>(() => Answer.ReadAsync(engine.GenerateAsync(request with { Picture = request.Picture[..100] }, leave.Token)));
                break;
            case 1:
                var reading = Answer.ReadAsync(engine.GenerateAsync(request with { MaxTokens = 100, IgnoreEnd = true, StopStrings = [] }, leave.Token), _ => leave.Cancel());
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
                break;
            default:
                await Answer.ReadAsync(engine.GenerateAsync(request, leave.Token));
                break;
        }
    }

    private static void GiveBack(Dictionary<string, AdapterLease> adapters)
    {
        foreach (var lease in adapters.Values)
        {
            lease.Dispose();
        }
    }

    private static async Task<long> CountWhenIdleAsync(TestEngine engine)
    {
        await TinyModel.WhenIdleAsync(engine);
        return torch.Tensor.TotalCount;
    }

    /// <summary>What other tests forgot is not ours.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Training_LeavesNoTensorBehind(bool recompute)
    {
        Train();
        var before = CountWithoutGarbage();
        Train();

        Assert.Equal(before, torch.Tensor.TotalCount);

        void Train()
        {
            using var model = TinyTraining.Model(TinyModel.Early, new TrainableModelOptions { RecomputeActivations = recompute });
            using var trainer = TrainerTests.Joint(model);
            TrainerTests.Step(trainer, 4);
        }
    }

    private static long CountWithoutGarbage()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }

    private static void EndNoCollection()
    {
        if (System.Runtime.GCSettings.LatencyMode == System.Runtime.GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }
    }

    private sealed class CancelAtWeights(CancellationTokenSource cancel) : IProgress<LoadProgress>
    {
        public bool Seen { get; private set; }

        public void Report(LoadProgress value)
        {
            if (value is { Stage: "weights", Fraction: > 0 })
            {
                Seen = true;
                cancel.Cancel();
            }
        }
    }
}
