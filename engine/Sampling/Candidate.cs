namespace Herd.Engine.Sampling;

/// <summary>A token that may be drawn.</summary>
/// <param name="weight">Its probability over the likeliest token's, 0 to 1.</param>
/// <param name="token">Its id.</param>
internal readonly struct Candidate(float weight, int token)
{
    // Bits of floats that are not negative order as the floats do.
    private readonly ulong _rank = ((ulong)BitConverter.SingleToUInt32Bits(weight) << 32) | ~(uint)token;

    /// <summary>Its probability over the likeliest token's.</summary>
    public float Weight => BitConverter.UInt32BitsToSingle((uint)(_rank >> 32));

    /// <summary>Its id.</summary>
    public int Token => (int)~(uint)_rank;

    /// <summary>Whether it comes before another: it is likelier, or as likely with the lower id.</summary>
    /// <param name="other">The other.</param>
    public bool Precedes(Candidate other) => _rank > other._rank;
}
