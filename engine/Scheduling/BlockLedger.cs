using Herd.Engine.KvCache;

namespace Herd.Engine.Scheduling;

/// <summary>
/// Keeps account of whose every block of the key/value cache is: free, a running sequence's own, or a prompt tile's. Tiles are kept when their sequences end and
/// serve later ones with the same key and beginning, until the room is needed.
/// </summary>
/// <remarks>
/// <para>Only whole tiles that were computed as prompt are shared: they are the same bits in every sequence (docs/design/0013-prefix-reuse.md).</para>
/// <para>Integers only, single-threaded.</para>
/// </remarks>
/// <param name="total">Number of blocks.</param>
/// <param name="reusesPrompts">Whether prompt tiles are kept at all.</param>
internal sealed class BlockLedger(int total, bool reusesPrompts)
{
    private const int TileBlocks = PromptTiles.Tokens / BlockAllocator.BlockTokens;

    private readonly BlockAllocator _blocks = new(total);
    private readonly PrefixCache _prefixes = new();

    /// <summary>All blocks.</summary>
    public int Total => _blocks.Total;

    /// <summary>Blocks that sequences can take: empty ones, and those of tiles that nobody uses.</summary>
    public int Free => _blocks.Free + _prefixes.IdleBlocks;

    /// <summary>How many of the free blocks are tiles' that nobody uses.</summary>
    public int Cached => _prefixes.IdleBlocks;

    /// <summary>Tiles that had to make room.</summary>
    public long Evictions => _prefixes.Evictions;

    /// <summary>Prompt tokens of all sequences that began to run.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>How many of them were in the cache already.</summary>
    public long ReusedTokens { get; private set; }

    /// <summary>Tokens that a tile and those before it hold.</summary>
    /// <param name="prefix">The tile; null for none.</param>
    /// <returns>The tokens.</returns>
    public static int TokensOf(PrefixTile? prefix) => (prefix?.Depth ?? 0) * PromptTiles.Tokens;

    /// <summary>The longest beginning of a sequence's prompt that is in the cache. It ends before the sequence's last token: that one's logits are wanted.</summary>
    /// <param name="sequence">A sequence that does not run.</param>
    /// <returns>Its last tile; null where nothing is.</returns>
    public PrefixTile? LongestPrefix(Sequence sequence)
    {
        PrefixTile? longest = null;
        var most = Math.Min(sequence.PromptTokens, sequence.Tokens.Count - 1);
        while (TokensOf(longest) + PromptTiles.Tokens <= most && _prefixes.Find(PlaceBehind(longest, sequence)) is { } next)
        {
            longest = next;
        }

        return longest;
    }

    /// <summary>Whether a sequence could run: there is room for its tokens and one more, or the first generated token could find none.</summary>
    /// <param name="sequence">A sequence that does not run.</param>
    /// <param name="prefix">Its <see cref="LongestPrefix"/>.</param>
    /// <returns>True where <see cref="Begin"/> will find the room.</returns>
    public bool HasRoom(Sequence sequence, PrefixTile? prefix)
    {
        var shared = prefix?.Chain().ToArray() ?? [];
        var idle = shared.Count(tile => tile.Uses == 0) * TileBlocks; // they are free until the sequence holds them
        return BlockAllocator.BlocksFor(sequence.Tokens.Count + 1) - (shared.Length * TileBlocks) <= Free - idle;
    }

    /// <summary>Gives a sequence its prefix and the room it needs.</summary>
    /// <param name="sequence">A sequence that <see cref="HasRoom"/>.</param>
    /// <param name="prefix">Its <see cref="LongestPrefix"/>.</param>
    public void Begin(Sequence sequence, PrefixTile? prefix)
    {
        foreach (var tile in prefix?.Chain().Reverse() ?? [])
        {
            _prefixes.Hold(tile);
            sequence.Blocks.AddRange(tile.Blocks);
        }

        sequence.Prefix = prefix;
        sequence.Computed = TokensOf(prefix);
        sequence.ReusedTokens ??= sequence.Computed;
        PromptTokens += sequence.PromptTokens;
        ReusedTokens += sequence.Computed;
        if (!TryGrow(sequence, sequence.Tokens.Count + 1))
        {
            throw new InvalidOperationException($"Sequence {sequence.Id} was let in without room.");
        }
    }

    /// <summary>Makes room for a running sequence's tokens, evicting tiles that nobody uses; all or nothing.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">The tokens it must be able to hold.</param>
    /// <returns>False where too few blocks are free.</returns>
    public bool TryGrow(Sequence sequence, int tokens)
    {
        var missing = BlockAllocator.BlocksFor(tokens) - sequence.Blocks.Count;
        if (missing > Free)
        {
            return false;
        }

        while (missing > _blocks.Free)
        {
            _blocks.Release([.. _prefixes.Evict()]);
        }

        return _blocks.TryGrow(sequence.Blocks, tokens);
    }

    /// <summary>Notes that a sequence's next tokens have been computed; prompt tiles that are whole now are shared from here on.</summary>
    /// <param name="sequence">A running sequence.</param>
    /// <param name="count">How many.</param>
    public void Advance(Sequence sequence, int count)
    {
        sequence.Computed += count;
        var whole = Math.Min(sequence.Computed, sequence.PromptTokens);
        while (reusesPrompts && TokensOf(sequence.Prefix) + PromptTiles.Tokens <= whole)
        {
            ShareNextTile(sequence);
        }
    }

    /// <summary>Takes back all that a sequence holds.</summary>
    /// <param name="sequence">A running sequence.</param>
    public void Release(Sequence sequence)
    {
        _blocks.Release(OwnBlocks(sequence));
        if (sequence.Prefix is { } prefix)
        {
            _prefixes.Release(prefix);
        }

        sequence.Blocks.Clear();
        sequence.Prefix = null;
        sequence.Computed = 0;
    }

    /// <summary>Counts everything anew.</summary>
    /// <param name="running">All running sequences.</param>
    /// <exception cref="InvalidOperationException">The account is wrong: a fault of the engine.</exception>
    public void Audit(IReadOnlyCollection<Sequence> running)
    {
        var owners = new int[Total];
        foreach (var block in running.SelectMany(OwnBlocks).Concat(_prefixes.Tiles.SelectMany(tile => tile.Blocks)))
        {
            owners[block]++;
        }

        var uses = running.SelectMany(sequence => sequence.Prefix?.Chain() ?? []).CountBy(tile => tile).ToDictionary();
        Expect(owners.Index().All(block => block.Item == (_blocks.IsFree(block.Index) ? 0 : 1)), "A block is lost, or has two owners.");
        Expect(owners.Count(count => count == 0) == _blocks.Free, "The number of free blocks is wrong.");
        Expect(_prefixes.Tiles.All(tile => tile.Uses == uses.GetValueOrDefault(tile)), "A prompt tile is used by more or fewer sequences than it says.");
        Expect(_prefixes.Tiles.Where(tile => tile.Uses == 0).Sum(tile => tile.Blocks.Count) == _prefixes.IdleBlocks, "The number of cached blocks is wrong.");
    }

    private static void Expect(bool holds, string fault)
    {
        if (!holds)
        {
            throw new InvalidOperationException(fault);
        }
    }

    private static List<int> OwnBlocks(Sequence sequence) => sequence.Blocks[(TokensOf(sequence.Prefix) / BlockAllocator.BlockTokens)..];

    private static PrefixPlace PlaceBehind(PrefixTile? prefix, Sequence sequence) =>
        new(sequence.Key, prefix, [.. sequence.Tokens[TokensOf(prefix)..(TokensOf(prefix) + PromptTiles.Tokens)]]);

    private void ShareNextTile(Sequence sequence)
    {
        var place = PlaceBehind(sequence.Prefix, sequence);
        var own = OwnBlocks(sequence)[..TileBlocks];
        if (_prefixes.Find(place) is not { } known)
        {
            sequence.Prefix = _prefixes.Add(place, own);
            return;
        }

        // Another was first. Equal tiles are equal bits, so one copy is enough.
        _prefixes.Hold(known);
        for (var index = 0; index < TileBlocks; index++)
        {
            sequence.Blocks[(TokensOf(sequence.Prefix) / BlockAllocator.BlockTokens) + index] = known.Blocks[index];
        }

        sequence.Prefix = known;
        _blocks.Release(own);
    }
}
