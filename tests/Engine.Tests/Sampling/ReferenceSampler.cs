using Herd.Engine.Sampling;

namespace Herd.Engine.Tests.Sampling;

/// <summary>What the filters do with a token, as far as rounding leaves it certain.</summary>
internal enum Verdict
{
    Dropped,
    Borderline,
    Kept,
}

/// <summary>
/// The definition of docs/engine.md, "Choosing tokens", step by step in double precision with a full sort, and how far rounding may move it: a changed logit by 2^-23 of
/// what was added up for it, the weight <c>exp(x)</c> by 2^-21 + |x| 2^-23 of itself beyond that, a sum of weights by 2^-18 of itself. Equal sums of equal parts stay equal.
/// </summary>
internal sealed class ReferenceSampler
{
    private const double LogitRounding = 1.0 / (1 << 23);
    private const double WeightRounding = 1.0 / (1 << 21);
    private const double SumRounding = 1.0 / (1 << 18);
    private const double SmallestWeight = 1e-37; // below it float32 loses bits
    private const double ScoreRounding = 1e-12;

    private readonly SamplingOptions _options;
    private readonly double[] _logits;
    private readonly (float Logit, double Penalty, float Bias)[] _parts; // what was added up
    private readonly double _error; // of any logit
    private readonly int[] _order;
    private readonly double[] _exponents;
    private readonly double[] _weights;
    private readonly double[] _sums; // of the weights before each place of the order

    public ReferenceSampler(float[] logits, SamplingOptions options, int[] generated, int position)
    {
        _options = options;
        _logits = [.. logits.Select(logit => (double)logit)];
        _parts = Array.ConvertAll(logits, logit => (logit, 0.0, 0f));
        _error = Change(generated);
        _order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(id => _logits[id]).ThenBy(id => id)];
        var temperature = options.Temperature == 0 ? 1.0 : options.Temperature;
        _exponents = [.. _logits.Select(logit => (logit - _logits[_order[0]]) / temperature)];
        _weights = [.. _order.Select(id => Math.Exp(_exponents[id]))];
        _sums = new double[logits.Length + 1];
        for (var place = 0; place < logits.Length; place++)
        {
            _sums[place + 1] = _sums[place] + _weights[place];
        }

        Verdicts = options.Temperature == 0 ? [.. _logits.Select(_ => Verdict.Kept)] : Filter();
        Choices = options.Temperature == 0 ? Likeliest() : Drawn(position);
    }

    /// <summary>What the filters do with each token.</summary>
    public Verdict[] Verdicts { get; }

    /// <summary>The token to choose; several where rounding decides among them.</summary>
    public int[] Choices { get; }

    /// <summary>OpenAI's definition: <c>mu[j] - c[j] * alpha_frequency - float(c[j] > 0) * alpha_presence</c>, c counting generated tokens.</summary>
    private double Change(int[] generated)
    {
        var summed = 0.0;
        var counts = generated.CountBy(id => id).ToDictionary();
        for (var id = 0; id < _logits.Length; id++)
        {
            var (count, bias) = (counts.GetValueOrDefault(id), _options.LogitBias.GetValueOrDefault(id));
            var penalty = ((double)count * _options.FrequencyPenalty) + (count > 0 ? _options.PresencePenalty : 0.0);
            if (penalty != 0 || bias != 0)
            {
                (_parts[id].Penalty, _parts[id].Bias) = (penalty, bias);
                summed = Math.Max(summed, Math.Abs(_logits[id]) + Math.Abs(penalty) + Math.Abs(bias));
                _logits[id] = _logits[id] - penalty + bias;
            }
        }

        return summed * LogitRounding;
    }

    private double Relative(int id) => (2 * _error / _options.Temperature) + WeightRounding + (Math.Abs(_exponents[id]) * LogitRounding);

    private Verdict[] Filter()
    {
        var verdicts = new Verdict[_logits.Length];
        var most = Math.Min(_options.TopK ?? _order.Length, _order.Length);
        var limit = _options.TopP * _sums[most];
        var slack = (SumRounding * _sums[most]) + _order.Take(most).Select((id, place) => _weights[place] * Relative(id)).Sum();
        for (var place = 0; place < _order.Length; place++)
        {
            var (from, to, tied, untied) = Near(place);
            var (fewest, mostBefore) = (from + (place - tied), to - (untied - place));
            var (least, largest) = (_sums[from] + _sums[place] - _sums[tied], _sums[to] - _sums[untied] + _sums[place]);
            var (weight, tolerance) = (_weights[place], Tolerance(place));
            Verdict[] all =
            [
                Judge(mostBefore < most, fewest >= most),
                _options.TopP == 1 ? Verdict.Kept : Judge(largest <= limit - slack, least > limit + slack),
                _options.MinP == 0 ? Verdict.Kept : Judge(weight - tolerance >= _options.MinP, weight + tolerance < _options.MinP),
            ];
            verdicts[_order[place]] = mostBefore == 0 ? Verdict.Kept : all.Min();
        }

        return verdicts;
    }

    private static Verdict Judge(bool kept, bool dropped) => kept ? Verdict.Kept : dropped ? Verdict.Dropped : Verdict.Borderline;

    private double Tolerance(int place) => (_weights[place] * Relative(_order[place])) + SmallestWeight;

    /// <summary>The places whose tokens rounding may put on the other side of this one; and the places of its ties, among which the id decides for certain.</summary>
    private (int From, int To, int Tied, int Untied) Near(int place)
    {
        var (weight, tolerance) = (_weights[place], 2 * Tolerance(place));
        var from = First(at => _weights[at] <= weight + tolerance);
        var to = First(at => _weights[at] < weight - tolerance);
        var logit = _logits[_order[place]];
        var (tied, untied) = (First(at => _logits[_order[at]] <= logit), First(at => _logits[_order[at]] < logit));
        return AreEqual(_order[tied..untied]) ? (from, to, tied, untied) : (from, to, place, place + 1);
    }

    /// <summary>The first place that something is true of, as it is of all after it.</summary>
    private int First(Func<int, bool> isTrue)
    {
        var (low, high) = (0, _order.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isTrue(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>Whether rounding does the same to all of them.</summary>
    private bool AreEqual(int[] ids) => ids.All(id => _parts[id] == _parts[ids[0]]);

    private int[] Likeliest()
    {
        var near = _order.Where(id => _logits[id] + _error >= _logits[_order[0]] - _error).ToArray();
        return AreEqual(near) ? near[..1] : near;
    }

    private int[] Drawn(int position)
    {
        var scores = Enumerable.Range(0, _logits.Length).Select(id => _exponents[id] + Noise(_options.Seed, position, id)).ToArray();
        double Error(int id) => (2 * _error / _options.Temperature) + (ScoreRounding * (1 + Math.Abs(_exponents[id])));
        var certain = _order.Where(id => Verdicts[id] == Verdict.Kept).Select(id => scores[id] - Error(id)).DefaultIfEmpty(double.NegativeInfinity).Max();
        return [.. _order.Where(id => Verdicts[id] != Verdict.Dropped && scores[id] + Error(id) >= certain)];
    }

    /// <summary>The noise as it is published: a seed must give the same text in every version.</summary>
    private static double Noise(long seed, int position, int id)
    {
        static ulong Finalise(ulong z)
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }

        var bits = Finalise(Finalise((ulong)seed + 0x9E3779B97F4A7C15) ^ (((ulong)position << 32) + (ulong)id));
        return -Math.Log(-Math.Log(((bits >> 12) + 0.5) / Math.Pow(2, 52)));
    }
}
