using Herd.Engine.Adapters;
using Herd.Engine.Vision;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class FrontEndPoolTests
{
    private static readonly VisualFrontEndShape Shape = new(Width: 4, Depth: 1, Heads: 2, MlpWidth: 6, QueryLength: 3, ClipWidth: 5, ModelWidth: 8);
    private static readonly FrontEndKey Key = new("digest", Shape.Heads);

    private readonly FrontEndPool _pool = new();

    [Fact]
    public void Lease_OneThatIsHeld_MakesNoOtherAndCountsItsBytesOnce()
    {
        using var first = _pool.Lease(Key, Make);
        var bytes = _pool.HostBytes;
        using var second = _pool.Lease(Key, () => throw new InvalidOperationException("It is there."));

        Assert.Same(first.Host, second.Host);
        Assert.Equal((1, first.Host.Bytes), (_pool.Count, bytes));
        Assert.Equal(bytes, _pool.HostBytes);
    }

    [Fact]
    public void Lease_AnotherComponentOrOtherHeads_IsAnotherFrontEnd()
    {
        using var first = _pool.Lease(Key, Make);
        using var component = _pool.Lease(Key with { Component = "other" }, Make);
        using var heads = _pool.Lease(Key with { Heads = 1 }, Make);

        Assert.Equal((3, 3 * first.Host.Bytes), (_pool.Count, _pool.HostBytes));
    }

    [Fact]
    public void Dispose_TheLastHold_FreesTheFrontEndAndNoEarlierOne()
    {
        var (first, second) = (_pool.Lease(Key, Make), _pool.Lease(Key, Make));
        var host = first.Host;
        first.Dispose();
        first.Dispose();
        Assert.False(IsFreed(host));

        second.Dispose();
        Assert.True(IsFreed(host));
        Assert.Equal((0, 0L), (_pool.Count, _pool.HostBytes));
    }

    [Fact]
    public void On_TheCpu_IsTheOneInHostMemory()
    {
        using var lease = _pool.Lease(Key, Make);
        Assert.Same(lease.Host, lease.On(CPU));
    }

    [Fact]
    public void On_AnotherDevice_IsOneCopyForAllThatGoesWithTheLast()
    {
        var device = new Device(DeviceType.META); // a device that every build has
        var (first, second) = (_pool.Lease(Key, Make), _pool.Lease(Key, Make));
        var copy = first.On(device);
        Assert.Same(copy, second.On(device));
        Assert.All(copy.Tensors.Values, tensor => Assert.Equal(DeviceType.META, tensor.device.type));
        Assert.Equal(first.Host.Bytes, _pool.HostBytes);

        first.Dispose();
        Assert.False(IsFreed(copy));
        second.Dispose();
        Assert.True(IsFreed(copy));
    }

    [Fact]
    public void Lease_ThatCannotBeMade_LeavesNothingHeld()
    {
        Assert.Throws<InvalidOperationException>(() => _pool.Lease(Key, () => throw new InvalidOperationException("No memory.")));
        Assert.Equal(0, _pool.Count);
        using var lease = _pool.Lease(Key, Make);
        Assert.False(IsFreed(lease.Host));
    }

    private static bool IsFreed(VisualFrontEnd frontEnd) => frontEnd.Tensors.Values.All(tensor => tensor.IsInvalid);

    private static VisualFrontEnd Make()
    {
        using var scope = NewDisposeScope();
        return new VisualFrontEnd(Shape, Shape.Tensors().ToDictionary(tensor => tensor.Name, tensor => randn(tensor.Shape)));
    }
}
