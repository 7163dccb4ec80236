namespace Herd.Engine.Sampling;

/// <summary>Gumbel-distributed noise that is a pure function of (seed, position, token id), so a sequence can be replayed from anywhere.</summary>
/// <remarks>
/// Adding it to log-probabilities and taking the largest sum draws from the distribution exactly (Gumbel-max). The bits come from two rounds of the
/// SplitMix64 finaliser (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
/// </remarks>
internal static class GumbelNoise
{
    /// <summary>One draw.</summary>
    /// <param name="seed">The request's seed.</param>
    /// <param name="position">Position of the token in its sequence.</param>
    /// <param name="token">The token's id.</param>
    /// <returns><c>-ln(-ln u)</c> for u uniform in (0, 1).</returns>
    public static double At(long seed, int position, int token)
    {
        var bits = Mix(Mix((ulong)seed + 0x9e3779b97f4a7c15UL) ^ (((ulong)(uint)position << 32) | (uint)token));
        var uniform = ((bits >> 11) + 0.5) * (1.0 / (1UL << 53));
        return -Math.Log(-Math.Log(uniform));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }
}
