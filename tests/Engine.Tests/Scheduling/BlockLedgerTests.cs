using CsCheck;
using Herd.Engine.KvCache;
using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Scheduling;

public sealed class BlockLedgerTests
{
    private const int TileBlocks = PromptTiles.Tokens / BlockAllocator.BlockTokens;
    private static readonly KvKey Key = new("owner", "version", "picture");

    /// <summary>An owner, and a prompt with one letter for each tile.</summary>
    private static readonly Gen<(int Owner, string Tiles)> Prompts = Gen.Select(Gen.Int[0, 2], Gen.Char["ab"].Array[0, 4].Select(tiles => new string(tiles)));

    [Fact]
    public void Begin_AnySequencesInAnyOrder_TakeTheLongestCachedBeginningOfTheirOwnKey()
    {
        Gen.Select(Gen.Int[17, 50], Gen.Select(Prompts, Gen.Int[0, 3], Gen.Int[0, 9]).List[1, 60]).Sample((total, steps) =>
        {
            var ledger = new BlockLedger(total, reusesPrompts: true);
            var running = new List<Sequence>();
            var computed = new HashSet<(KvKey, string)>();
            foreach (var ((owner, tiles), action, choice) in steps)
            {
                if (action > 1 && running.Count > 0)
                {
                    ledger.Release(running[choice % running.Count]);
                    running.RemoveAt(choice % running.Count);
                }
                else if (Make(Key with { Scope = $"{owner}" }, tiles) is var sequence && ledger.LongestPrefix(sequence) is var prefix && ledger.HasRoom(sequence, prefix))
                {
                    var longest = Enumerable.Range(0, tiles.Length + 1).Last(count => count == 0 || computed.Contains((sequence.Key, tiles[..count])));
                    Assert.InRange(prefix?.Depth ?? 0, ledger.Evictions == 0 ? longest : 0, longest);
                    ledger.Begin(sequence, prefix);
                    ledger.Advance(sequence, sequence.Pending);
                    running.Add(sequence);
                    computed.UnionWith(Enumerable.Range(1, tiles.Length).Select(count => (sequence.Key, tiles[..count])));
                }

                ledger.Audit(running);
                Assert.Equal(total, ledger.Free + running.SelectMany(sequence => sequence.Blocks).Distinct().Count());
            }
        });
    }

    [Fact]
    public void Begin_ThePromptOfARunningSequence_SharesItsBlocks()
    {
        var ledger = new BlockLedger(20, reusesPrompts: true);
        var (first, second) = (Run(ledger, "ab"), Run(ledger, "ac"));
        Assert.Equal(first.Blocks[..TileBlocks], second.Blocks[..TileBlocks]);
        Assert.Empty(first.Blocks[TileBlocks..].Intersect(second.Blocks[TileBlocks..]));
        Assert.Equal((0, PromptTiles.Tokens), (first.ReusedTokens, second.ReusedTokens));
        Assert.Equal(20 - 9 - 5, ledger.Free);
    }

    [Theory]
    [InlineData("other", "version", "picture")]
    [InlineData("owner", "other", "picture")]
    [InlineData("owner", null, "picture")]
    [InlineData("owner", "version", "other")]
    [InlineData("owner", "version", null)]
    public void LongestPrefix_AnotherOwnerVersionOrPicture_IsNothing(string scope, string? version, string? picture)
    {
        var ledger = new BlockLedger(20, reusesPrompts: true);
        Run(ledger, "ab");
        Assert.Null(ledger.LongestPrefix(Make(new KvKey(scope, version, picture), "ab")));
        Assert.Equal(2, ledger.LongestPrefix(Make(Key, "ab"))!.Depth);
    }

    [Fact]
    public void LongestPrefix_APromptThatEndsWithATile_LeavesItsLastTileToCompute()
    {
        var ledger = new BlockLedger(20, reusesPrompts: true);
        Run(ledger, "ab");
        var whole = new Sequence(1, Ids("ab"), Key);
        Assert.Equal(1, ledger.LongestPrefix(whole)!.Depth);
        whole.Tokens.Add(7); // generated before it was preempted: the logits behind it are wanted, not those behind the prompt
        Assert.Equal(2, ledger.LongestPrefix(whole)!.Depth);
    }

    [Fact]
    public void Advance_TokensGeneratedOneByOne_AreNotShared()
    {
        var ledger = new BlockLedger(20, reusesPrompts: true);
        var sequence = Run(ledger, "a");
        sequence.Tokens.AddRange(Ids("b"));
        Assert.True(ledger.TryGrow(sequence, sequence.Tokens.Count));
        ledger.Advance(sequence, sequence.Pending);
        Assert.Equal(1, sequence.Prefix!.Depth);
        Assert.Equal(1, ledger.LongestPrefix(new Sequence(1, [.. sequence.Tokens, 9], Key))!.Depth);
    }

    [Fact]
    public void Advance_ATileThatAnotherComputedMeanwhile_IsKeptOnce()
    {
        var ledger = new BlockLedger(20, reusesPrompts: true);
        Sequence[] both = [Make(Key, "ab"), Make(Key, "ab")];
        Assert.All(both, sequence => ledger.Begin(sequence, ledger.LongestPrefix(sequence)));
        Assert.Equal(20 - 18, ledger.Free);
        Assert.All(both, sequence => ledger.Advance(sequence, sequence.Pending));
        Assert.Equal(both[0].Blocks[..(2 * TileBlocks)], both[1].Blocks[..(2 * TileBlocks)]);
        Assert.Equal(20 - 10, ledger.Free);
        ledger.Audit(both);
    }

    [Fact]
    public void TryGrow_NoEmptyBlock_EvictsTheLeastRecentlyUsedAndTheEndOfAPromptFirst()
    {
        var ledger = new BlockLedger(4 * TileBlocks, reusesPrompts: true);
        ledger.Release(Run(ledger, "ab"));
        ledger.Release(Run(ledger, "c"));
        ledger.Release(Run(ledger, "a"));
        Assert.Equal(3 * TileBlocks, ledger.Cached);

        var sequence = Run(ledger, "");
        foreach (var (blocks, kept) in new[] { (4, "ab c a"), (5, "a c"), (8, "a c"), (9, "a"), (13, "") })
        {
            Assert.True(ledger.TryGrow(sequence, blocks * BlockAllocator.BlockTokens));
            var found = new[] { "ab", "c", "a" }.Where(tiles => ledger.LongestPrefix(Make(Key, tiles))?.Depth == tiles.Length);
            Assert.Equal(kept.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), found.Order());
        }

        Assert.False(ledger.TryGrow(sequence, (4 * TileBlocks * BlockAllocator.BlockTokens) + 1));
        Assert.Equal(3, ledger.Evictions);
    }

    [Fact]
    public void HasRoom_APrefixThatNobodyUses_IsNotCountedAsRoomForTheRest()
    {
        var ledger = new BlockLedger(TileBlocks + 2, reusesPrompts: true);
        ledger.Release(Run(ledger, "a"));
        var sequence = new Sequence(1, Ids("a").Concat(Enumerable.Repeat(5, 32)), Key);
        Assert.Equal(TileBlocks + 2, ledger.Free);
        Assert.False(ledger.HasRoom(sequence, ledger.LongestPrefix(sequence)));
        Assert.False(ledger.HasRoom(sequence, null));
        sequence.Tokens.RemoveRange(80, 16);
        Assert.True(ledger.HasRoom(sequence, ledger.LongestPrefix(sequence)));
    }

    [Fact]
    public void Advance_ReuseSwitchedOff_KeepsNothing()
    {
        var ledger = new BlockLedger(20, reusesPrompts: false);
        ledger.Release(Run(ledger, "ab"));
        Assert.Null(ledger.LongestPrefix(Make(Key, "ab")));
        Assert.Equal((0, 20), (ledger.Cached, ledger.Free));
    }

    private static IEnumerable<int> Ids(string tiles) => tiles.SelectMany(tile => Enumerable.Repeat((int)tile, PromptTiles.Tokens));

    private static Sequence Make(KvKey key, string tiles) => new(1, Ids(tiles).Append(5), key);

    /// <summary>Lets a sequence begin and computes its prompt.</summary>
    private static Sequence Run(BlockLedger ledger, string tiles)
    {
        var sequence = Make(Key, tiles);
        ledger.Begin(sequence, ledger.LongestPrefix(sequence));
        ledger.Advance(sequence, sequence.Pending);
        return sequence;
    }
}
