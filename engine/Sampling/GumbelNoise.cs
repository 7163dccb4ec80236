namespace Herd.Engine.Sampling;

/// <summary>Gumbel-distributed noise that is a pure function of (seed, position, token id), so a sequence can be replayed from anywhere.</summary>
/// <remarks>
/// Adding it to log-probabilities and taking the largest sum draws from the distribution exactly (Gumbel-max). The bits come from two rounds of
/// <see cref="SplitMix"/>.
/// </remarks>
/// <param name="seed">The request's seed.</param>
/// <param name="position">Position of the token in its sequence.</param>
internal readonly struct GumbelNoise(long seed, int position)
{
    private readonly ulong _stream = SplitMix.Mix((ulong)seed + SplitMix.Step) ^ ((ulong)(uint)position << 32);

    /// <summary>The uniform number behind a token's noise.</summary>
    /// <param name="token">The token's id.</param>
    /// <returns>A number from 2^-53 to 1 - 2^-53.</returns>
    public double Uniform(int token) => SplitMix.Uniform(SplitMix.Mix(_stream ^ (uint)token));

    /// <summary>One draw.</summary>
    /// <param name="token">The token's id.</param>
    /// <returns><c>-ln(-ln u)</c> for the token's u: from -3.61 to 36.74.</returns>
    public double At(int token) => -Math.Log(-Math.Log(Uniform(token)));
}
