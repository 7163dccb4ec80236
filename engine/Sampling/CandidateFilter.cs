using System.Numerics.Tensors;

namespace Herd.Engine.Sampling;

/// <summary>Finds the tokens that temperature, top-k, top-p and min-p leave. Keeps its buffers, so one instance serves one thread.</summary>
/// <remarks>
/// Every filter cuts the same order, by falling probability and then rising id, so what it keeps is found by selection. Nothing is sorted: the work grows with the
/// vocabulary alone.
/// </remarks>
internal sealed class CandidateFilter
{
    internal const int SummedAtOnce = 256; // few enough for float32 sums to lose nothing that counts

    private const int BlocksPerKept = 8;
    private const float RoundingMargin = 0.99f;

    private float[] _weights = [];
    private float[] _blocks = [];
    private Candidate[] _candidates = [];

    /// <summary>Filters.</summary>
    /// <param name="logits">One value per vocabulary entry.</param>
    /// <param name="largest">The largest of them, finite.</param>
    /// <param name="options">Temperature above 0, and the filters.</param>
    /// <returns>What is left, in no order; the likeliest always. Valid until the next call.</returns>
    public Span<Candidate> Filter(ReadOnlySpan<float> logits, float largest, SamplingOptions options)
    {
        Weigh(logits, largest, options.Temperature);
        return options.TopK is { } most ? WithinTopK(most, options) : WithinAll(options);
    }

    private void Weigh(ReadOnlySpan<float> logits, float largest, float temperature)
    {
        if (_weights.Length != logits.Length)
        {
            (_weights, _candidates) = (new float[logits.Length], new Candidate[logits.Length]);
        }

        // Shifting by the largest logit first keeps the exponentials finite at small temperatures.
        TensorPrimitives.Subtract(logits, largest, _weights);
        TensorPrimitives.Divide(_weights, temperature, _weights);
        TensorPrimitives.Exp(_weights, _weights);
    }

    private Span<Candidate> WithinAll(SamplingOptions options)
    {
        if (options.TopP == 1)
        {
            return AtLeast(options.MinP);
        }

        // Entries this small sum to less than 1 - top-p, so all others come before them and already exceed top-p.
        var mass = Mass(_weights);
        var negligible = (float)((1 - options.TopP) * mass / _weights.Length) * RoundingMargin;
        var candidates = AtLeast(Math.Max(options.MinP, negligible));
        return candidates[..Lead(candidates, options.TopP * mass, byWeight: true)];
    }

    private Span<Candidate> WithinTopK(int most, SamplingOptions options)
    {
        var candidates = AtLeast(LeastWithin(most));
        candidates = candidates[..Lead(candidates, most - 1, byWeight: false)];
        if (options.TopP < 1)
        {
            var mass = 0.0;
            foreach (var candidate in candidates)
            {
                mass += candidate.Weight;
            }

            candidates = candidates[..Lead(candidates, options.TopP * mass, byWeight: true)];
        }

        var kept = 0;
        foreach (var candidate in candidates)
        {
            if (candidate.Weight >= options.MinP)
            {
                candidates[kept++] = candidate;
            }
        }

        return candidates[..kept];
    }

    private Span<Candidate> AtLeast(float least)
    {
        var count = 0;
        for (var token = 0; token < _weights.Length; token++)
        {
            if (_weights[token] >= least)
            {
                _candidates[count++] = new Candidate(_weights[token], token);
            }
        }

        return _candidates.AsSpan(0, count);
    }

    /// <summary>A weight that at least this many entries reach: that of the block in this place when blocks are ordered by their largest entries.</summary>
    private float LeastWithin(int most)
    {
        var size = _weights.Length / BlocksPerKept / most;
        if (size == 0)
        {
            return 0;
        }

        var count = _weights.Length / size;
        if (_blocks.Length < count)
        {
            _blocks = new float[count];
        }

        var blocks = _blocks.AsSpan(0, count);
        for (var block = 0; block < count; block++)
        {
            blocks[block] = TensorPrimitives.Max<float>(_weights.AsSpan(block * size, size));
        }

        blocks.Sort();
        return blocks[^most];
    }

    /// <summary>Puts first what has at most a limit before it, in count or in weight, and counts it: quickselect.</summary>
    private static int Lead(Span<Candidate> candidates, double limit, bool byWeight)
    {
        var (low, high, before) = (0, candidates.Length, 0.0);
        while (low < high)
        {
            var (pivot, ahead) = Partition(candidates[low..high], byWeight);
            pivot += low;
            if (before + ahead > limit)
            {
                high = pivot;
            }
            else
            {
                before += ahead + (byWeight ? candidates[pivot].Weight : 1);
                low = pivot + 1;
            }
        }

        return low;
    }

    /// <summary>Moves what precedes one of the candidates in front of it; tells where that one is then, and how much precedes it.</summary>
    private static (int Pivot, double Ahead) Partition(Span<Candidate> candidates, bool byWeight)
    {
        ref var last = ref candidates[^1];
        var middle = MiddleOfThree(candidates);
        (candidates[middle], last) = (last, candidates[middle]);
        var (pivot, ahead) = (0, 0.0);
        for (var i = 0; i < candidates.Length - 1; i++)
        {
            if (candidates[i].Precedes(last))
            {
                ahead += byWeight ? candidates[i].Weight : 1;
                (candidates[i], candidates[pivot]) = (candidates[pivot], candidates[i]);
                pivot++;
            }
        }

        (candidates[pivot], last) = (last, candidates[pivot]);
        return (pivot, ahead);
    }

    private static int MiddleOfThree(ReadOnlySpan<Candidate> candidates)
    {
        var (first, second, last) = (0, candidates.Length / 2, candidates.Length - 1);
        if (candidates[second].Precedes(candidates[first]))
        {
            (first, second) = (second, first);
        }

        return !candidates[last].Precedes(candidates[second]) ? second : candidates[last].Precedes(candidates[first]) ? first : last;
    }

    private static double Mass(ReadOnlySpan<float> weights)
    {
        var mass = 0.0;
        for (; weights.Length > SummedAtOnce; weights = weights[SummedAtOnce..])
        {
            mass += TensorPrimitives.Sum(weights[..SummedAtOnce]);
        }

        return mass + TensorPrimitives.Sum(weights);
    }
}
