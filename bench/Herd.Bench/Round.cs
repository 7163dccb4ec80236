using System.Diagnostics;
using Herd.Engine;
using Herd.Engine.Execution;

namespace Herd.Bench;

/// <summary>One measurement of some sequences that start together: their prompts, their first tokens, and the steps in which all of them decode.</summary>
/// <param name="PromptRate">Prompt tokens per second, from the first submission to the last sequence's first token.</param>
/// <param name="DecodeRate">Generated tokens per second while every sequence is decoding.</param>
/// <param name="FirstTokens">Seconds from each submission to its first token.</param>
internal sealed record Round(double PromptRate, double DecodeRate, IReadOnlyList<double> FirstTokens)
{
    /// <summary>Runs the requests together and measures them.</summary>
    public static async Task<Round> RunAsync(InferenceEngine engine, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var sequences = await Task.WhenAll(requests.Select(request => ReadAsync(engine, request, start, cancellationToken)));
        var promptTokens = requests.Sum(request => request.PromptIds.Count);
        return new Round(
            promptTokens / sequences.Max(sequence => sequence.Tokens[0]),
            DecodeRateOf([.. sequences.Select(sequence => sequence.Tokens)]),
            [.. sequences.Select(sequence => sequence.FirstToken)]);
    }

    /// <summary>The rate over the steps that hold a token of every sequence, by the clock of the sequence that began last.</summary>
    /// <param name="tokens">For each sequence, when its tokens came, in seconds.</param>
    private static double DecodeRateOf(IReadOnlyList<double[]> tokens)
    {
        var last = tokens.MaxBy(times => times[0])!;
        var ahead = tokens.Max(times => times.Count(time => time < last[0])); // steps that the first sequence is ahead
        var steps = last.Length - 1 - ahead;
        return steps >= 1
            ? tokens.Count * steps / (last[steps] - last[0])
            : throw new EngineException(
                EngineErrorCode.InvalidRequest,
                $"The first of {tokens.Count} sequences had ended when the last began: {last.Length} tokens are too few. Generate more (--generate), or shorten the prompt.");
    }

    private static async Task<(double[] Tokens, double FirstToken)> ReadAsync(
        InferenceEngine engine, GenerationRequest request, long start, CancellationToken cancellationToken)
    {
        var tokens = new List<double>(request.MaxTokens);
        var firstToken = 0.0;
        await foreach (var happened in engine.GenerateAsync(request, cancellationToken))
        {
            if (happened is TokenGenerated)
            {
                tokens.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            else if (happened is GenerationFinished finished)
            {
                firstToken = finished.TimeToFirstToken.TotalSeconds;
            }
        }

        return ([.. tokens], firstToken);
    }
}
