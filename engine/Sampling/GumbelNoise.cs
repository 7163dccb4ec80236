namespace Herd.Engine.Sampling;

/// <summary>Gumbel-distributed noise that is a pure function of (seed, position, token id), so a sequence can be replayed from anywhere.</summary>
/// <remarks>
/// Adding it to log-probabilities and taking the largest sum draws from the distribution exactly (Gumbel-max). The bits come from two rounds of the
/// SplitMix64 finaliser (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
/// </remarks>
/// <param name="seed">The request's seed.</param>
/// <param name="position">Position of the token in its sequence.</param>
internal readonly struct GumbelNoise(long seed, int position)
{
    private const int UniformBits = 52; // with the half added, 53: what a double holds exactly

    private readonly ulong _stream = Mix((ulong)seed + 0x9e3779b97f4a7c15UL) ^ ((ulong)(uint)position << 32);

    /// <summary>The uniform number behind a token's noise.</summary>
    /// <param name="token">The token's id.</param>
    /// <returns>A number from 2^-53 to 1 - 2^-53.</returns>
    public double Uniform(int token) => ((Mix(_stream ^ (uint)token) >> (64 - UniformBits)) + 0.5) * (1.0 / (1UL << UniformBits));

    /// <summary>One draw.</summary>
    /// <param name="token">The token's id.</param>
    /// <returns><c>-ln(-ln u)</c> for the token's u: from -3.61 to 36.74.</returns>
    public double At(int token) => -Math.Log(-Math.Log(Uniform(token)));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }
}
