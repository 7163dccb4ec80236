using Herd.Contracts.Errors;

namespace Herd.Contracts.Models;

/// <summary>Keeps sampling parameters to what a message may carry. Whether their values make sense, the replica knows.</summary>
public static class SamplingSize
{
    /// <summary>Most likely tokens that are reported beside each chosen one.</summary>
    public const int MaxLikeliest = 20;

    private const int MaxStops = 16;
    private const int MaxStopLength = 256;
    private const int MaxBiases = 1024;

    /// <summary>Throws where the parameters are larger than allowed.</summary>
    /// <param name="sampling">The parameters.</param>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.InvalidArgument"/>: they are.</exception>
    public static void Check(SamplingParameters sampling)
    {
        ArgumentNullException.ThrowIfNull(sampling);
        if (sampling.Stop.Length > MaxStops || sampling.Stop.Any(stop => stop is not { Length: > 0 and <= MaxStopLength }))
        {
            throw HerdException.Invalid("stop", $"'stop' must be at most {MaxStops} texts of 1 to {MaxStopLength} characters.");
        }

        if (sampling.LogitBias.Count > MaxBiases)
        {
            throw HerdException.Invalid("logit_bias", $"'logit_bias' must name at most {MaxBiases} tokens; found {sampling.LogitBias.Count}.");
        }

        if (sampling.LikeliestTokens is not (null or (>= 0 and <= MaxLikeliest)))
        {
            throw HerdException.Invalid("likeliest_tokens", $"'likeliest_tokens' must be 0 to {MaxLikeliest}; found {sampling.LikeliestTokens}.");
        }
    }
}
