using Herd.Engine.Sampling;

namespace Herd.Bench;

/// <summary>Chooses tokens as docs/engine.md defines it, one step after the other and with a full sort: what <see cref="Sampler"/> is measured against.</summary>
internal static class FullSortSampler
{
    /// <summary>Chooses one token.</summary>
    public static int Choose(float[] logits, SamplingOptions options, IReadOnlyList<int> generated, int position)
    {
        var changed = Change(logits, options, generated);
        if (options.Temperature == 0)
        {
            return Array.IndexOf(changed, changed.Max());
        }

        var largest = changed.Max();
        var weights = Array.ConvertAll(changed, logit => Math.Exp((logit - largest) / options.Temperature));
        var order = Enumerable.Range(0, weights.Length).ToArray();
        Array.Sort(Array.ConvertAll(weights, weight => -weight), order);
        var kept = Kept(weights, order, options);
        var noise = new GumbelNoise(options.Seed, position);
        return order.Take(kept).MaxBy(id => Math.Log(weights[id]) + noise.At(id));
    }

    private static double[] Change(float[] logits, SamplingOptions options, IReadOnlyList<int> generated)
    {
        var changed = Array.ConvertAll(logits, logit => (double)logit);
        var seen = new HashSet<int>();
        foreach (var id in generated)
        {
            changed[id] -= options.FrequencyPenalty + (seen.Add(id) ? options.PresencePenalty : 0);
        }

        foreach (var (id, bias) in options.LogitBias)
        {
            changed[id] += bias;
        }

        return changed;
    }

    private static int Kept(double[] weights, int[] order, SamplingOptions options)
    {
        var most = Math.Min(order.Length, options.TopK ?? order.Length);
        var limit = options.TopP < 1 ? options.TopP * order.Take(most).Sum(id => weights[id]) : double.PositiveInfinity;
        var (kept, before) = (0, 0.0);
        while (kept < most && before <= limit && weights[order[kept]] >= options.MinP)
        {
            before += weights[order[kept++]];
        }

        return kept;
    }
}
