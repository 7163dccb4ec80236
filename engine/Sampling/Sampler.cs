using System.Numerics.Tensors;

namespace Herd.Engine.Sampling;

/// <summary>Chooses a token from logits. Host memory only; keeps its buffers, so one instance serves one thread.</summary>
/// <remarks>
/// <para>In this order: penalties and bias change the logits; <c>p = softmax(logits / temperature)</c>; top-k, renormalised; top-p; min-p. For top-p, sorted by
/// falling probability, an entry is kept while the sum of those before it is at most top-p. The choice is drawn from what is kept, renormalised.</para>
/// <para>Source: the official multimodal generation for temperature and top-p, OpenAI's definition of the penalties (docs/engine.md, "Choosing tokens").</para>
/// </remarks>
internal sealed class Sampler
{
    private float[] _logits = [];
    private float[] _probabilities = [];
    private int[] _order = [];
    private float[] _keys = [];

    /// <summary>Chooses one token.</summary>
    /// <param name="logits">One value per vocabulary entry, finite; unchanged.</param>
    /// <param name="options">What steers the choice.</param>
    /// <param name="generated">Ids generated before, for the penalties.</param>
    /// <param name="position">Position of the token in its sequence; with the seed it decides the draw.</param>
    /// <returns>The token's id.</returns>
    public int Choose(ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> generated, int position)
    {
        if (options.ChangesLogits)
        {
            logits = Change(logits, options, generated);
        }

        if (options.Temperature == 0)
        {
            return TensorPrimitives.IndexOfMax(logits);
        }

        var kept = Filter(logits, options);
        var best = kept[0];
        var bestScore = double.NegativeInfinity;
        foreach (var token in kept)
        {
            var score = Math.Log(_probabilities[token]) + GumbelNoise.At(options.Seed, position, token);
            if (score > bestScore)
            {
                (best, bestScore) = (token, score);
            }
        }

        return best;
    }

    /// <summary>The distribution that <see cref="Choose"/> draws from.</summary>
    /// <param name="logits">One value per vocabulary entry.</param>
    /// <param name="options">Temperature above 0, and the filters.</param>
    /// <returns>Kept ids by falling probability, and their renormalised probabilities.</returns>
    public (int[] Ids, float[] Probabilities) Distribution(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        var ids = Filter(logits, options).ToArray();
        var sum = ids.Sum(id => (double)_probabilities[id]);
        return (ids, Array.ConvertAll(ids, id => (float)(_probabilities[id] / sum)));
    }

    private Span<float> Change(ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> generated)
    {
        Fit(logits.Length);
        logits.CopyTo(_logits);
        if (options.PresencePenalty != 0 || options.FrequencyPenalty != 0)
        {
            var seen = new HashSet<int>();
            foreach (var token in generated)
            {
                _logits[token] -= options.FrequencyPenalty + (seen.Add(token) ? options.PresencePenalty : 0);
            }
        }

        foreach (var (token, bias) in options.LogitBias)
        {
            _logits[token] += bias;
        }

        return _logits;
    }

    private ReadOnlySpan<int> Filter(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        Fit(logits.Length);

        // Shifting by the largest logit first keeps the exponentials finite at small temperatures.
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), _probabilities);
        TensorPrimitives.Divide(_probabilities, options.Temperature, _probabilities);
        TensorPrimitives.Exp(_probabilities, _probabilities);
        TensorPrimitives.Divide(_probabilities, TensorPrimitives.Sum<float>(_probabilities), _probabilities);

        // Entries this small sum to less than 1 - top-p, so all others come before them and already exceed top-p: they need no sorting.
        var negligible = (1 - options.TopP) / logits.Length * 0.99f;
        var count = 0;
        for (var token = 0; token < _probabilities.Length; token++)
        {
            if (_probabilities[token] > negligible)
            {
                _order[count] = token;
                _keys[count++] = -_probabilities[token];
            }
        }

        var order = _order.AsSpan(0, count);
        _keys.AsSpan(0, count).Sort(order);
        return order[..Kept(order, options)];
    }

    /// <summary>How many of the sorted candidates pass top-k, top-p and min-p; the likeliest always does.</summary>
    private int Kept(ReadOnlySpan<int> order, SamplingOptions options)
    {
        var least = _probabilities[order[0]] * options.MinP;
        var most = Math.Min(order.Length, options.TopK ?? order.Length);
        var mass = options.TopK is null ? 1 : Sum(order[..most]);
        // Probabilities may sum to a little more than 1, and top-p 1 keeps all.
        var limit = options.TopP < 1 ? options.TopP * mass : double.PositiveInfinity;
        var before = 0.0;
        for (var i = 0; i < most; i++)
        {
            if (before > limit || _probabilities[order[i]] < least)
            {
                return i;
            }

            before += _probabilities[order[i]];
        }

        return most;
    }

    private double Sum(ReadOnlySpan<int> tokens)
    {
        var sum = 0.0;
        foreach (var token in tokens)
        {
            sum += _probabilities[token];
        }

        return sum;
    }

    private void Fit(int vocabulary)
    {
        if (_probabilities.Length != vocabulary)
        {
            (_logits, _probabilities, _order, _keys) = (new float[vocabulary], new float[vocabulary], new int[vocabulary], new float[vocabulary]);
        }
    }
}
