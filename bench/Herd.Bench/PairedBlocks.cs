namespace Herd.Bench;

/// <summary>One half of a block.</summary>
/// <param name="Round">What was measured.</param>
/// <param name="Foreign">What other processes took of all cores meanwhile, 0 to 1.</param>
internal sealed record Half(Round Round, double Foreign);

/// <summary>The same measurement on the bare base and with adapters, one right after the other.</summary>
/// <param name="Bare">On the bare base.</param>
/// <param name="Adapters">With adapters.</param>
/// <param name="Quiet">Whether neither half was disturbed; other blocks count for nothing.</param>
internal sealed record Block(Half Bare, Half Adapters, bool Quiet);

/// <summary>Alternates between the two sides, so that what changes slowly meets both alike.</summary>
internal static class PairedBlocks
{
    private const int TriesPerBlock = 2;

    /// <summary>Runs blocks until enough are quiet.</summary>
    /// <param name="bare">Measures the bare base.</param>
    /// <param name="adapters">Measures with adapters.</param>
    /// <param name="wanted">Quiet blocks wanted; twice as many are tried.</param>
    /// <param name="maxForeign">Most that other processes may take, 0 to 1.</param>
    /// <param name="progress">Told of each block.</param>
    /// <returns>All blocks, in order.</returns>
    public static async Task<IReadOnlyList<Block>> RunAsync(
        Func<Task<Round>> bare, Func<Task<Round>> adapters, int wanted, double maxForeign, Action<Block> progress)
    {
        _ = await bare();
        _ = await adapters();
        var blocks = new List<Block>();
        while (blocks.Count(block => block.Quiet) < wanted && blocks.Count < TriesPerBlock * wanted)
        {
            // Every other block starts with the other side: neither always runs on the warmer machine.
            var bareFirst = blocks.Count % 2 == 0;
            var first = await MeasureAsync(bareFirst ? bare : adapters);
            var second = await MeasureAsync(bareFirst ? adapters : bare);
            var quiet = first.Foreign <= maxForeign && second.Foreign <= maxForeign;
            blocks.Add(bareFirst ? new Block(first, second, quiet) : new Block(second, first, quiet));
            progress(blocks[^1]);
        }

        return blocks;
    }

    private static async Task<Half> MeasureAsync(Func<Task<Round>> side)
    {
        var share = new CpuShare();
        var round = await side();
        return new Half(round, share.Foreign());
    }
}
