using System.Numerics.Tensors;

namespace Herd.Engine.Sampling;

/// <summary>Chooses a token from logits. Host memory only; keeps its buffers, so one instance serves one thread.</summary>
/// <remarks>
/// <para>In this order: penalties and bias change the logits; <c>p = softmax(logits / temperature)</c>; top-k, renormalised; top-p; min-p. By falling probability,
/// and then rising id, top-p keeps an entry while the sum of those before it is at most top-p. The choice is drawn from what is kept, renormalised.</para>
/// <para>Source: the official multimodal generation for temperature and top-p, OpenAI's definition of the penalties (docs/engine.md, "Choosing tokens").</para>
/// </remarks>
internal sealed class Sampler
{
    private const double RoundingMargin = 1.0001; // weights are float32; their exponents lose up to 2^-23 of at most 104

    private readonly CandidateFilter _filter = new();
    private float[] _logits = [];
    private int[] _counts = [];

    /// <summary>Chooses one token.</summary>
    /// <param name="logits">One value per vocabulary entry, finite; unchanged.</param>
    /// <param name="options">What steers the choice.</param>
    /// <param name="generated">Ids generated before, for the penalties.</param>
    /// <param name="position">Position of the token in its sequence; with the seed it decides the draw.</param>
    /// <returns>The token's id.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Fault"/>: no largest logit, as one is NaN or infinite.</exception>
    public int Choose(ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> generated, int position)
    {
        logits = Steer(logits, options, generated);
        var likeliest = TensorPrimitives.IndexOfMax(logits);
        var largest = logits[likeliest];
        if (largest == 0)
        {
            // To the search above 0 is more than -0; they are one value, and among equals the lowest id wins.
            likeliest = logits.IndexOf(0f);
        }

        if (!float.IsFinite(largest))
        {
            throw new EngineException(EngineErrorCode.Fault, $"The model gave {largest} for token {likeliest}; expected finite logits. Check the adapter and the base.");
        }

        return options.Temperature == 0 ? likeliest : Draw(_filter.Filter(logits, largest, options), logits, largest, options, position);
    }

    /// <summary>The distribution that <see cref="Choose"/> draws from.</summary>
    /// <param name="logits">One value per vocabulary entry.</param>
    /// <param name="options">What steers the choice; temperature above 0.</param>
    /// <param name="generated">Ids generated before, for the penalties.</param>
    /// <returns>Kept ids by falling probability, the lowest id first on ties, and their renormalised probabilities.</returns>
    public (int[] Ids, float[] Probabilities) Distribution(ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> generated = default)
    {
        logits = Steer(logits, options, generated);
        var kept = _filter.Filter(logits, TensorPrimitives.Max(logits), options).ToArray();
        Array.Sort(kept, (one, other) => one.Precedes(other) ? -1 : other.Precedes(one) ? 1 : 0);
        var sum = kept.Sum(candidate => (double)candidate.Weight);
        return (Array.ConvertAll(kept, candidate => candidate.Token), Array.ConvertAll(kept, candidate => (float)(candidate.Weight / sum)));
    }

    private static int Draw(ReadOnlySpan<Candidate> kept, ReadOnlySpan<float> logits, double largest, SamplingOptions options, int position)
    {
        var noise = new GumbelNoise(options.Seed, position);
        var (best, bestScore, bar) = (kept[0].Token, double.NegativeInfinity, 0.0); // bar = exp(bestScore)
        foreach (var candidate in kept)
        {
            // The noise -ln(-ln u) is at most -ln(1 - u): most cannot reach the best score, which a product shows without a logarithm.
            var token = candidate.Token;
            if ((1 - noise.Uniform(token)) * bar > candidate.Weight * RoundingMargin)
            {
                continue;
            }

            var score = ((logits[token] - largest) / options.Temperature) + noise.At(token);
            if (score > bestScore)
            {
                (best, bestScore, bar) = (token, score, Math.Exp(score));
            }
        }

        return best;
    }

    private ReadOnlySpan<float> Steer(ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> generated)
    {
        if (!options.ChangesLogits)
        {
            return logits;
        }

        if (_logits.Length != logits.Length)
        {
            (_logits, _counts) = (new float[logits.Length], new int[logits.Length]);
        }

        logits.CopyTo(_logits);
        if (options.PresencePenalty != 0 || options.FrequencyPenalty != 0)
        {
            Penalise(options, generated);
        }

        foreach (var (token, bias) in options.LogitBias)
        {
            _logits[token] += bias;
        }

        return _logits;
    }

    private void Penalise(SamplingOptions options, ReadOnlySpan<int> generated)
    {
        foreach (var token in generated)
        {
            _counts[token]++;
        }

        foreach (var token in generated)
        {
            if (_counts[token] > 0)
            {
                _logits[token] = (float)(_logits[token] - ((double)_counts[token] * options.FrequencyPenalty) - options.PresencePenalty);
                _counts[token] = 0; // all are 0 again when this ends
            }
        }
    }
}
