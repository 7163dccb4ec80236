using Herd.Engine.Adapters;
using Herd.Engine.KvCache;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class PromptCacheTests
{
    private static readonly KvKey Key = new("owner", "version", "picture");
    private static readonly long EntryBytes = Bytes();

    [Fact]
    public void Lease_TheSameKeyAgain_GivesWhatWasComputed()
    {
        using var cache = new PromptCache(EntryBytes);
        var first = cache.Lease(Key, Make);
        Assert.Same(first, cache.Lease(Key, Unexpected));
        cache.Release(Key);
        cache.Release(Key);
        Assert.Same(first, cache.Lease(Key, Unexpected));
    }

    [Theory]
    [InlineData("other", "version", "picture")]
    [InlineData("owner", "other", "picture")]
    [InlineData("owner", "version", "other")]
    [InlineData("owner", "version", null)]
    public void Lease_AnotherOwnerVersionOrPicture_SharesNothing(string scope, string version, string? picture)
    {
        using var cache = new PromptCache(10 * EntryBytes);
        var first = cache.Lease(Key, Make);
        cache.Release(Key);
        Assert.NotSame(first, cache.Lease(new KvKey(scope, version, picture), Make));
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void Release_MoreIdleBytesThanAllowed_DropsTheLeastRecentlyUsed()
    {
        using var cache = new PromptCache(2 * EntryBytes);
        var keys = Enumerable.Range(0, 3).Select(index => Key with { Picture = $"{index}" }).ToArray();
        var entries = keys.Select(key => cache.Lease(key, Make)).ToArray();
        cache.Release(keys[0]);
        cache.Release(keys[1]);
        cache.Lease(keys[0], Unexpected);
        cache.Release(keys[0]);
        Assert.Equal(3, cache.Count);

        cache.Release(keys[2]);
        Assert.Equal(2, cache.Count);
        Assert.Equal([false, true, false], entries.Select(IsFreed));
        Assert.Same(entries[0], cache.Lease(keys[0], Unexpected));
    }

    [Fact]
    public void Release_WhatASequenceStillHolds_IsNeverDropped()
    {
        using var cache = new PromptCache(0);
        var held = cache.Lease(Key, Make);
        cache.Lease(Key, Unexpected);
        cache.Release(Key);
        Assert.False(IsFreed(held));
        cache.Release(Key);
        Assert.True(IsFreed(held));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Lease_AComputationThatFails_LeavesNothing()
    {
        using var cache = new PromptCache(EntryBytes);
        Assert.Throws<InvalidOperationException>(() => cache.Lease(Key, Unexpected));
        Assert.Equal(0, cache.Count);
        cache.Lease(Key, Make);
    }

    [Fact]
    public void Dispose_HeldAndIdleEntries_FreesBoth()
    {
        var cache = new PromptCache(EntryBytes);
        var (held, idle) = (cache.Lease(Key, Make), cache.Lease(Key with { Picture = null }, Make));
        cache.Release(Key with { Picture = null });
        cache.Dispose();
        Assert.True(IsFreed(held));
        Assert.True(IsFreed(idle));
    }

    private static PromptKeyValues Make() => new(new Dictionary<int, LayerKeyValues> { [1] = new(zeros(1, 2, 3, 4), zeros(1, 2, 3, 4), zeros(4, 1)) });

    private static PromptKeyValues Unexpected() => throw new InvalidOperationException("It was there already.");

    private static bool IsFreed(PromptKeyValues entry) => entry.At(1) is var (keys, values, gate) && keys.IsInvalid && values.IsInvalid && gate.IsInvalid;

    private static long Bytes()
    {
        using var entry = Make();
        return entry.Bytes;
    }
}
