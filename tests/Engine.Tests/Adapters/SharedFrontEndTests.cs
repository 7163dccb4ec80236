using Herd.Engine.Adapters;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

/// <summary>Versions that differ in what they tune, and have their visual front end in common.</summary>
public sealed class SharedFrontEndTests : IDisposable
{
    private const int Versions = 4;
    private const string Tuned = "llama.norm.weight";

    private readonly TestFolder _folder = new();
    private readonly AdapterRegistry _registry = new();
    private readonly AdapterPackage[] _packages;

    public SharedFrontEndTests() => _packages = [.. Enumerable.Range(0, Versions).Select(Package)];

    public void Dispose()
    {
        _registry.Dispose();
        Array.ForEach(_packages, package => package.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Add_VersionsOfOneFrontEnd_TakeItsBytesOnce()
    {
        var (first, second) = (Load(_packages[0]), Load(_packages[1]));

        Assert.NotEqual(first.Version, second.Version);
        Assert.Same(first.Weights.Visual, second.Weights.Visual);
        Assert.Equal(first.Memory.FrontEnd, second.Memory.FrontEnd);
        Assert.Equal(first.Memory.OwnBytes + second.Memory.OwnBytes + first.Weights.Visual!.Bytes, _registry.Bytes);
        Assert.Equal(_registry.Bytes, AdapterMemory.Sum([first.Memory, second.Memory]));
    }

    [Fact]
    public void Dispose_OneOfTwoVersions_LeavesTheOthersFrontEndAsItWas()
    {
        var (first, second) = (Load(_packages[0]), Load(_packages[1]));
        using var features = ones(1, 4, 5);
        using var before = second.Weights.Visual!.Query(features);
        first.Dispose();
        using var after = second.Weights.Visual.Query(features);

        Assert.True(before.equal(after).all().item<bool>());
        Assert.Equal(second.Memory.OwnBytes + second.Memory.FrontEndBytes, _registry.Bytes);

        second.Dispose();
        Assert.Equal((0, 0L), (_registry.FrontEnds.Count, _registry.Bytes));
    }

    [Fact]
    public void Add_AfterDispose_LeavesNoFrontEndHeld()
    {
        _registry.Dispose();
        Assert.Throws<EngineException>(() => Load(_packages[0]));
        Assert.Equal(0, _registry.FrontEnds.Count);
    }

    [Fact]
    public void Add_ManyThreadsLoadingAndDropping_NeverFreesWhatIsHeldAndCountsRight()
    {
        var own = _packages.ToDictionary(package => package.Version, OwnBytes);
        Parallel.For(0, 8, seed =>
        {
            var random = new Random(seed);
            for (var round = 0; round < 60; round++)
            {
                using var one = Load(_packages[random.Next(Versions)]);
                using var other = Load(_packages[random.Next(Versions)]);
                Assert.Same(one.Weights.Visual, other.Weights.Visual);
                Assert.All(one.Weights.Visual!.Tensors.Values, tensor => Assert.False(tensor.IsInvalid));
                Assert.InRange(_registry.Bytes, AdapterMemory.Sum([one.Memory]), own.Values.Sum() + one.Memory.FrontEndBytes);
            }
        });
        Assert.Empty(_registry.Versions);
        Assert.Equal((0, 0, 0L), (_registry.Leases, _registry.FrontEnds.Count, _registry.Bytes));
    }

    private static long OwnBytes(AdapterPackage package)
    {
        using var weights = AdapterWeights.FromPackage(package, AdapterSketch.Base);
        return weights.Memory.OwnBytes;
    }

    private AdapterPackage Package(int number)
    {
        var sketch = AdapterSketch.Multimodal();
        sketch.Change(Tuned, norm => norm + number);
        return AdapterPackage.Read(sketch.Write(_folder.In($"{number}.safetensors")), AdapterSketch.Options);
    }

    private AdapterLease Load(AdapterPackage package) =>
        _registry.TryLease(package.Version)
        ?? _registry.Add(package.Version, package.Manifest, AdapterWeights.FromPackage(package, AdapterSketch.Base, _registry.FrontEnds));
}
