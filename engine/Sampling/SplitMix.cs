namespace Herd.Engine.Sampling;

/// <summary>Scrambles 64 bits: the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).</summary>
internal static class SplitMix
{
    /// <summary>What the generator adds to its state from number to number.</summary>
    public const ulong Step = 0x9e3779b97f4a7c15UL;

    private const int UniformBits = 52; // with the half added, 53: what a double holds exactly

    /// <summary>One to one on 64 bits, each bit of the result depending on all of them.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }

    /// <summary>A uniform number out of scrambled bits, from 2^-53 to 1 - 2^-53.</summary>
    public static double Uniform(ulong bits) => ((bits >> (64 - UniformBits)) + 0.5) * (1.0 / (1UL << UniformBits));
}
