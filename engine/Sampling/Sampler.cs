using System.Numerics.Tensors;

namespace Herd.Engine.Sampling;

/// <summary>Chooses a token from logits. Host memory only; keeps its buffers, so one instance serves one thread.</summary>
/// <remarks>
/// <c>p = softmax(logits / temperature)</c>; sorted by falling probability, an entry is kept while the sum of those before it is at most top-p; the choice
/// is drawn from the kept ones, renormalised. Source: the official multimodal generation (docs/engine.md, "Choosing tokens").
/// </remarks>
internal sealed class Sampler
{
    private float[] _probabilities = [];
    private int[] _order = [];
    private float[] _keys = [];

    /// <summary>Chooses one token.</summary>
    /// <param name="logits">One value per vocabulary entry, finite.</param>
    /// <param name="options">Temperature, top-p and seed.</param>
    /// <param name="position">Position of the token in its sequence; with the seed it decides the draw.</param>
    /// <returns>The token's id.</returns>
    public int Choose(ReadOnlySpan<float> logits, SamplingOptions options, int position)
    {
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
    /// <param name="options">Temperature above 0, and top-p.</param>
    /// <returns>Kept ids by falling probability, and their renormalised probabilities.</returns>
    public (int[] Ids, float[] Probabilities) Distribution(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        var ids = Filter(logits, options).ToArray();
        var sum = ids.Sum(id => (double)_probabilities[id]);
        return (ids, Array.ConvertAll(ids, id => (float)(_probabilities[id] / sum)));
    }

    private ReadOnlySpan<int> Filter(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        if (_probabilities.Length != logits.Length)
        {
            (_probabilities, _order, _keys) = (new float[logits.Length], new int[logits.Length], new float[logits.Length]);
        }

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
        var before = 0.0;
        for (var i = 0; i < count; i++)
        {
            if (before > options.TopP)
            {
                return order[..i];
            }

            before += _probabilities[order[i]];
        }

        return order;
    }
}
