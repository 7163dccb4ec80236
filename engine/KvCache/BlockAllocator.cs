namespace Herd.Engine.KvCache;

/// <summary>Keeps account of which blocks of the key/value cache are free. Integers only; the tensors are <see cref="KvPool"/>'s.</summary>
/// <remarks>Single-threaded: used by the device loop alone. Free and used blocks always sum to <see cref="Total"/>.</remarks>
internal sealed class BlockAllocator
{
    /// <summary>Tokens per block.</summary>
    public const int BlockTokens = 16;

    private readonly Stack<int> _free;
    private readonly bool[] _used;

    /// <summary>Makes an allocator with all blocks free.</summary>
    /// <param name="total">Number of blocks, at least 1.</param>
    public BlockAllocator(int total)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, 1);
        Total = total;
        _used = new bool[total];
        _free = new Stack<int>(Enumerable.Range(0, total).Reverse());
    }

    /// <summary>All blocks.</summary>
    public int Total { get; }

    /// <summary>Blocks that can be taken.</summary>
    public int Free => _free.Count;

    /// <summary>Blocks needed to hold a number of tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <returns>The blocks.</returns>
    public static int BlocksFor(int tokens) => (tokens + BlockTokens - 1) / BlockTokens;

    /// <summary>Whether a block is free.</summary>
    /// <param name="block">The block.</param>
    /// <returns>True where it can be taken.</returns>
    public bool IsFree(int block) => !_used[block];

    /// <summary>Lengthens a sequence's block list so that it can hold a number of tokens; takes all blocks needed or none.</summary>
    /// <param name="blocks">The sequence's blocks.</param>
    /// <param name="tokens">The tokens it must be able to hold.</param>
    /// <returns>False where too few blocks are free.</returns>
    public bool TryGrow(List<int> blocks, int tokens)
    {
        var missing = BlocksFor(tokens) - blocks.Count;
        if (missing > _free.Count)
        {
            return false;
        }

        for (; missing > 0; missing--)
        {
            var block = _free.Pop();
            _used[block] = true;
            blocks.Add(block);
        }

        return true;
    }

    /// <summary>Gives all blocks of a sequence back and empties its list.</summary>
    /// <param name="blocks">The sequence's blocks.</param>
    /// <exception cref="InvalidOperationException">A block is free already: an accounting fault of the engine.</exception>
    public void Release(List<int> blocks)
    {
        foreach (var block in blocks)
        {
            if (!_used[block])
            {
                throw new InvalidOperationException($"Block {block} was released twice.");
            }

            _used[block] = false;
            _free.Push(block);
        }

        blocks.Clear();
    }
}
