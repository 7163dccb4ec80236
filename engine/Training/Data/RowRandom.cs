using Herd.Engine.Sampling;

namespace Herd.Engine.Training.Data;

/// <summary>Random numbers for one row of one pass: the same in every process, whatever was drawn for other rows.</summary>
/// <param name="seed">The run's seed.</param>
/// <param name="pass">The pass over the rows.</param>
/// <param name="row">The row.</param>
internal struct RowRandom(long seed, long pass, long row)
{
    private ulong _state = SplitMix.Mix(SplitMix.Mix(SplitMix.Mix((ulong)seed + SplitMix.Step) ^ (ulong)pass) + (ulong)row);

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public double Between(double least, double most) => least + ((most - least) * SplitMix.Uniform(SplitMix.Mix(_state += SplitMix.Step)));

    /// <summary>A whole number from 0 to below <paramref name="count"/>.</summary>
    public int Below(int count) => Math.Min((int)Between(0, count), count - 1);
}
