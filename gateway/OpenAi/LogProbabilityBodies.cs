using System.Text;
using Herd.Contracts.Models;

namespace Herd.Gateway.OpenAi;

/// <summary>A token and how likely it was.</summary>
/// <param name="Token">Its text; bytes that are no whole character stand as U+FFFD.</param>
/// <param name="Logprob">Natural logarithm of its probability.</param>
/// <param name="Bytes">Its text in UTF-8.</param>
internal sealed record TokenBody(string Token, float Logprob, IReadOnlyList<int> Bytes)
{
    /// <summary>A token as the wire has it.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The body.</returns>
    public static TokenBody Of(TokenProbability token) => new(TextOf(token), token.LogProbability, BytesOf(token));

    internal static string TextOf(TokenProbability token) => Encoding.UTF8.GetString(token.Bytes.AsSpan());

    internal static IReadOnlyList<int> BytesOf(TokenProbability token) => [.. token.Bytes.Select(value => (int)value)];
}

/// <summary>A token of an answer, and the likeliest ones in its place.</summary>
internal sealed record ChosenTokenBody(string Token, float Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<TokenBody> TopLogprobs)
{
    /// <summary>A token as the wire has it.</summary>
    /// <param name="chosen">The token.</param>
    /// <returns>The body.</returns>
    public static ChosenTokenBody Of(ChosenToken chosen) =>
        new(TokenBody.TextOf(chosen.Token), chosen.Token.LogProbability, TokenBody.BytesOf(chosen.Token), [.. chosen.Likeliest.Select(TokenBody.Of)]);
}

/// <summary>The log-probabilities of a chat answer, or of a piece of one.</summary>
internal sealed record ChatLogProbabilities(IReadOnlyList<ChosenTokenBody> Content)
{
    /// <summary>Never there.</summary>
    public object? Refusal { get; }

    /// <summary>The body of some tokens.</summary>
    /// <param name="tokens">The tokens; null where none were asked for.</param>
    /// <returns>The body, or null.</returns>
    public static ChatLogProbabilities? Of(TokenRun? tokens) => tokens is null ? null : new([.. tokens.Tokens.Select(ChosenTokenBody.Of)]);
}

/// <summary>The log-probabilities of a plain answer, or of a piece of one.</summary>
/// <param name="Tokens">The tokens.</param>
/// <param name="TokenLogprobs">How likely they were.</param>
/// <param name="TopLogprobs">The likeliest ones in the place of each, by their text.</param>
/// <param name="TextOffset">Where each begins, in characters from the beginning of the answer.</param>
internal sealed record TextLogProbabilities(
    IReadOnlyList<string> Tokens, IReadOnlyList<float> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, float>> TopLogprobs, IReadOnlyList<int> TextOffset)
{
    /// <summary>The body of some tokens.</summary>
    /// <param name="run">The tokens; null where none were asked for.</param>
    /// <returns>The body, or null.</returns>
    public static TextLogProbabilities? Of(TokenRun? run)
    {
        if (run is null)
        {
            return null;
        }

        var offsets = new List<int>();
        var offset = run.Offset;
        foreach (var token in run.Tokens)
        {
            offsets.Add(offset);
            offset += TokenBody.TextOf(token.Token).Length;
        }

        return new(
            [.. run.Tokens.Select(token => TokenBody.TextOf(token.Token))],
            [.. run.Tokens.Select(token => token.Token.LogProbability)],
            [.. run.Tokens.Select(token => token.Likeliest.GroupBy(TokenBody.TextOf).ToDictionary(same => same.Key, same => same.Max(likely => likely.LogProbability)))],
            offsets);
    }
}
