using System.Numerics.Tensors;

namespace Herd.Engine.Sampling;

/// <summary>Log-probabilities of the unmodified distribution: temperature, penalties and filters have no part in them.</summary>
internal static class LogProbabilities
{
    /// <summary><c>logit[token] - log sum exp logits</c>, for a token and for the likeliest ones.</summary>
    /// <param name="logits">One value per vocabulary entry.</param>
    /// <param name="token">The token that was chosen.</param>
    /// <param name="top">How many of the likeliest are wanted beside it.</param>
    /// <returns>The chosen token's, and the likeliest ones' by falling probability, the lowest id first on ties.</returns>
    public static (float Chosen, TokenProbability[] Top) Of(ReadOnlySpan<float> logits, int token, int top)
    {
        var logSum = LogSumExp(logits);
        var likeliest = new PriorityQueue<int, (float Logit, int Id)>();
        for (var id = 0; top > 0 && id < logits.Length; id++)
        {
            // Among equals the highest id leaves first.
            if (likeliest.Count < top)
            {
                likeliest.Enqueue(id, (logits[id], -id));
            }
            else if (logits[id] > logits[likeliest.Peek()])
            {
                likeliest.EnqueueDequeue(id, (logits[id], -id));
            }
        }

        var found = new TokenProbability[likeliest.Count];
        for (var i = found.Length - 1; i >= 0; i--)
        {
            var id = likeliest.Dequeue();
            found[i] = new TokenProbability(id, logits[id] - logSum);
        }

        return (logits[token] - logSum, found);
    }

    private static float LogSumExp(ReadOnlySpan<float> logits)
    {
        var largest = TensorPrimitives.Max(logits);
        var sum = 0.0;
        Span<float> buffer = stackalloc float[CandidateFilter.SummedAtOnce];
        while (!logits.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, logits.Length)];
            TensorPrimitives.Subtract(logits[..part.Length], largest, part);
            TensorPrimitives.Exp<float>(part, part);
            sum += TensorPrimitives.Sum<float>(part);
            logits = logits[part.Length..];
        }

        return largest + (float)Math.Log(sum);
    }
}
