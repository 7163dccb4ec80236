using Herd.Engine.Adapters;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Adapters;

public sealed class AdapterRegistryTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly AdapterPackage _package;
    private readonly AdapterRegistry _registry = new();

    public AdapterRegistryTests() => _package = AdapterPackage.Read(AdapterSketch.Multimodal().Write(_folder.In("adapter.safetensors")), AdapterSketch.Options);

    public void Dispose()
    {
        _registry.Dispose();
        _package.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Add_TheLastLeaseGivenBack_FreesTheWeights()
    {
        var weights = Weights();
        var first = Add(weights);
        var second = _registry.TryLease(_package.Version)!;
        first.Dispose();
        first.Dispose();
        Assert.False(IsFreed(weights));
        Assert.Equal([_package.Version], _registry.Versions);

        second.Dispose();
        Assert.True(IsFreed(weights));
        Assert.Empty(_registry.Versions);
        Assert.Null(_registry.TryLease(_package.Version));
    }

    [Fact]
    public void Add_AVersionHeldAlready_KeepsTheFirstWeightsAndFreesTheOthers()
    {
        var (kept, dropped) = (Weights(), Weights());
        using var first = Add(kept);
        using var second = Add(dropped);
        Assert.Same(kept, second.Weights);
        Assert.True(IsFreed(dropped));
        Assert.False(IsFreed(kept));
    }

    [Fact]
    public void Add_AfterDispose_FreesTheWeightsAndSaysStopped()
    {
        _registry.Dispose();
        var late = Weights();
        Assert.Equal(EngineErrorCode.Stopped, Assert.Throws<EngineException>(() => Add(late)).Code);
        Assert.True(IsFreed(late));
    }

    [Fact]
    public void Dispose_WithLeasesOut_FreesTheWeightsAndLetsThemBeGivenBack()
    {
        var weights = Weights();
        var lease = Add(weights);
        _registry.Dispose();
        Assert.True(IsFreed(weights));
        lease.Dispose();
    }

    [Fact]
    public void Add_ManyThreadsTakingAndGivingBack_NeverLendsFreedWeightsAndFreesAll()
    {
        var made = Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, 25).Select(_ => Weights()).ToArray()).ToArray();
        Parallel.ForEach(made, mine =>
        {
            foreach (var weights in mine)
            {
                using var added = Add(weights);
                using var leased = _registry.TryLease(_package.Version);
                Assert.NotNull(leased);
                Assert.False(IsFreed(added.Weights));
                Assert.Same(added.Weights, leased.Weights);
            }
        });
        Assert.Empty(_registry.Versions);
        Assert.All(made.SelectMany(mine => mine), weights => Assert.True(IsFreed(weights)));
    }

    private static bool IsFreed(AdapterWeights weights) => weights.FinalNorm!.IsInvalid && weights.Prompts.Values.All(prompts => prompts.Static!.IsInvalid) && weights.Visual!.Tensors.Values.All(tensor => tensor.IsInvalid);

    private AdapterWeights Weights() => AdapterWeights.FromPackage(_package, AdapterSketch.Base);

    private AdapterLease Add(AdapterWeights weights) => _registry.Add(_package.Version, _package.Manifest, weights);
}
