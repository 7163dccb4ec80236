using CsCheck;
using Herd.Engine.KvCache;
using Xunit;

namespace Herd.Engine.Tests.KvCache;

public sealed class BlockAllocatorTests
{
    [Fact]
    public void GrowAndRelease_InAnyOrder_KeepFreeAndUsedEqualToTotalAndShareNoBlock()
    {
        Gen.Select(Gen.Int[1, 30], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 200]).List[0, 60]).Sample((total, steps) =>
        {
            var allocator = new BlockAllocator(total);
            var owners = Enumerable.Range(0, 6).Select(_ => new List<int>()).ToArray();
            foreach (var (owner, tokens) in steps)
            {
                var before = owners[owner].Count;
                if (tokens == 0)
                {
                    allocator.Release(owners[owner]);
                }
                else if (!allocator.TryGrow(owners[owner], tokens))
                {
                    Assert.Equal(before, owners[owner].Count);
                    Assert.True(BlockAllocator.BlocksFor(tokens) - before > allocator.Free);
                }

                var used = owners.SelectMany(blocks => blocks).ToArray();
                Assert.Equal(total, allocator.Free + used.Length);
                Assert.Equal(used.Length, used.Distinct().Count());
            }
        });
    }

    [Fact]
    public void Release_Twice_IsAFault()
    {
        var allocator = new BlockAllocator(2);
        var blocks = new List<int>();
        Assert.True(allocator.TryGrow(blocks, 1));
        var copy = blocks.ToList();
        allocator.Release(blocks);
        Assert.Throws<InvalidOperationException>(() => allocator.Release(copy));
    }
}
