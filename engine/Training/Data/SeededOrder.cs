using System.Numerics;
using Herd.Engine.Sampling;

namespace Herd.Engine.Training.Data;

/// <summary>The order of the rows of a pass, which seed and pass decide. It is computed place by place; nothing is kept.</summary>
/// <remarks>
/// A Feistel network over the least even number of bits that holds the rows, walked on while it leads beyond them (Black, Rogaway: Ciphers with arbitrary
/// finite domains, 2002). The expected walk is below four steps for more than 64 rows.
/// </remarks>
/// <param name="seed">The run's seed.</param>
/// <param name="pass">The pass over the rows.</param>
/// <param name="count">Number of rows, at least 1.</param>
internal readonly struct SeededOrder(long seed, long pass, long count)
{
    private const int Rounds = 8;
    private const int LeastHalfBits = 4; // fewer bits have too few orders

    private readonly ulong _key = SplitMix.Mix(SplitMix.Mix((ulong)seed + SplitMix.Step) ^ (ulong)pass);
    private readonly int _half = Math.Max(LeastHalfBits, (BitOperations.Log2((ulong)count) + 2) / 2);

    /// <summary>The row at a place.</summary>
    /// <param name="place">From 0 to below the number of rows.</param>
    /// <returns>A row, another one for each place.</returns>
    public long RowAt(long place)
    {
        var row = (ulong)place;
        do
        {
            row = Shuffle(row);
        }
        while (row >= (ulong)count);

        return (long)row;
    }

    private ulong Shuffle(ulong value)
    {
        var mask = (1UL << _half) - 1;
        var (left, right) = (value >> _half, value & mask);
        for (ulong round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (SplitMix.Mix(_key ^ (right + (round << 56)) * SplitMix.Step) & mask));
        }

        return (left << _half) | right;
    }
}
