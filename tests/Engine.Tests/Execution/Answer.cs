using Herd.Engine.Execution;

namespace Herd.Engine.Tests.Execution;

/// <summary>All that one generation yielded.</summary>
internal sealed record Answer(int[] Ids, float?[] LogProbabilities, string[] Deltas, GenerationFinished End)
{
    public string Text => string.Concat(Deltas);

    /// <summary>Reads a generation to its end and tells after each token how many there are.</summary>
    public static async Task<Answer> ReadAsync(IAsyncEnumerable<GenerationEvent> events, Action<int>? onToken = null)
    {
        var (tokens, deltas) = (new List<TokenGenerated>(), new List<string>());
        GenerationFinished? end = null;
        await foreach (var happened in events)
        {
            deltas.Add(happened.Text);
            if (happened is TokenGenerated token)
            {
                tokens.Add(token);
                onToken?.Invoke(tokens.Count);
            }

            end = happened as GenerationFinished;
        }

        return new Answer(
            [.. tokens.Select(token => token.TokenId)],
            [.. tokens.Select(token => token.LogProbability)],
            [.. deltas],
            end ?? throw new InvalidOperationException("The generation ended without its last event."));
    }
}
