using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Contracts.Routing;

/// <summary>What has come of an answer, so that another replica can go on with it.</summary>
/// <remarks>
/// The last token is asked for again and compared: a replica that chooses another one does not compute as the first did, and its text is never spliced
/// to what was sent. The token asked for again also brings the end where only that was lost.
/// </remarks>
internal sealed class ReceivedAnswer(GenerateRequest request, BegunAnswer? begun = null)
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly List<int> _ids = [.. begun?.Ids ?? []];
    private GenerationStarted? _started = begun?.Started;
    private bool _hasTail;
    private bool _mustRepeat;
    private int _attempts;

    internal bool IsFinished { get; private set; }

    /// <summary>The request, or what is left of it.</summary>
    /// <exception cref="HerdException">Replicas were lost too often.</exception>
    internal GenerateRequest ToRequest()
    {
        if (++_attempts > MaxAttempts)
        {
            throw Lost(HerdErrorCode.Unavailable, "Every replica that was answering was lost.");
        }

        if (_started is null)
        {
            return request;
        }

        _mustRepeat = _ids.Count > 0;
        return request with
        {
            ResumeIds = [.. request.ResumeIds, .. _ids.SkipLast(1)],
            Sampling = request.Sampling with { Seed = _started.Seed, MaxTokens = _started.MaxTokens },
            Heard = _started.Experts,
        };
    }

    /// <summary>Notes an update.</summary>
    /// <returns>What the reader does not know yet; null where it knows all.</returns>
    /// <exception cref="HerdException">The replica goes on otherwise than the one before.</exception>
    internal GenerationUpdate? Take(GenerationUpdate update)
    {
        switch (update)
        {
            case GenerationStarted started:
                var isFirst = _started is null;
                _started ??= started;
                return isFirst ? started : null;
            case TokensGenerated tokens:
                var news = WithoutTail(_mustRepeat ? WithoutRepeated(tokens) : tokens);
                _ids.AddRange(news.Ids);
                return news.Ids.IsEmpty && news.Text.Length == 0 ? null : news;
            default:
                IsFinished = update is GenerationFinished;
                return update;
        }
    }

    private TokensGenerated WithoutRepeated(TokensGenerated tokens)
    {
        _mustRepeat = false;
        if (tokens.FirstIndex != request.ResumeIds.Length + _ids.Count - 1 || tokens.Ids.IsEmpty || tokens.Ids[0] != _ids[^1])
        {
            throw Lost(HerdErrorCode.Restarted, "The replica that was answering is gone, and another answers otherwise.");
        }

        var known = tokens.TextEnds[0];
        return new TokensGenerated(tokens.FirstIndex + 1, tokens.Ids[1..], tokens.Text[known..])
        {
            TextEnds = [.. tokens.TextEnds.Skip(1).Select(end => end - known)],
            LogProbabilities = [.. tokens.LogProbabilities.Skip(1)],
        };
    }

    /// <summary>Text behind the last token comes with the answer's end, which may come twice.</summary>
    private TokensGenerated WithoutTail(TokensGenerated tokens)
    {
        var end = tokens.TextEnds.IsEmpty ? 0 : tokens.TextEnds[^1];
        if (end == tokens.Text.Length)
        {
            return tokens;
        }

        var known = _hasTail;
        _hasTail = true;
        return known ? tokens with { Text = tokens.Text[..end] } : tokens;
    }

    private static HerdException Lost(HerdErrorCode code, string what) => new(code, $"{what} Send the request again.") { RetryAfter = RetryAfter };
}
