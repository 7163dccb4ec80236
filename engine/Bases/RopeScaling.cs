namespace Herd.Engine.Bases;

/// <summary>How rotary frequencies are lowered for contexts longer than a base was first trained for.</summary>
/// <param name="Factor">Divides frequencies; at least 1.</param>
/// <param name="Band">Which frequencies are divided by less; null divides all (linear scaling).</param>
public sealed record RopeScaling(float Factor, RopeBand? Band)
{
    /// <summary>The scaled frequency.</summary>
    /// <remarks>
    /// With wavelength <c>w = 2 pi / f</c> and <c>s = (context / w - low) / (high - low)</c>: <c>f</c> where s is above 1, <c>f / factor</c> where s is below 0,
    /// else <c>(1 - s) f / factor + s f</c>. Source: Meta's Llama 3.1.
    /// </remarks>
    /// <param name="frequency">Radians per position.</param>
    /// <returns>Radians per position.</returns>
    public float Apply(float frequency)
    {
        if (Band is not { } band)
        {
            return frequency / Factor;
        }

        var wavelength = 2 * MathF.PI / frequency;
        if (wavelength < band.OriginalContext / band.High)
        {
            return frequency;
        }

        if (wavelength > band.OriginalContext / band.Low)
        {
            return frequency / Factor;
        }

        var share = ((band.OriginalContext / wavelength) - band.Low) / (band.High - band.Low);
        return ((1 - share) * frequency / Factor) + (share * frequency);
    }
}

/// <summary>Where the scaling of Llama 3 begins and ends.</summary>
/// <param name="OriginalContext">Positions of the first training.</param>
/// <param name="Low">Frequencies of fewer turns than this over that context are divided by the whole factor.</param>
/// <param name="High">Those of more turns stay; above <paramref name="Low"/>.</param>
public sealed record RopeBand(float OriginalContext, float Low, float High);
