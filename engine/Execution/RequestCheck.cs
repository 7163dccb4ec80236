using System.Text;

namespace Herd.Engine.Execution;

/// <summary>Refuses requests that cannot be served, before anything is made for them.</summary>
internal static class RequestCheck
{
    private const int MostLikeliest = 20;
    private const int MostShare = 1000;

    /// <summary>Checks a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="pieces">Pieces of the tokenizer.</param>
    /// <param name="contextTokens">Most tokens of one sequence.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/> or <see cref="EngineErrorCode.TooLong"/>.</exception>
    public static void Check(GenerationRequest request, int pieces, int contextTokens)
    {
        request.Sampling.Validate();
        Require(request.PromptIds.Count > 0, "The prompt is empty: expected at least one token.", "prompt");
        Require(request.MaxTokens >= 1, $"The most tokens to generate must be at least 1; it is {request.MaxTokens}.", "max_tokens");
        Require(request.Share is >= 1 and <= MostShare, $"The share must be 1 to {MostShare}; it is {request.Share}.");
        Require(request.LikeliestTokens is null or (>= 0 and <= MostLikeliest), $"The likeliest tokens asked for must be 0 to {MostLikeliest}; they are {request.LikeliestTokens}.", "likeliest_tokens");
        Require(request.Sampling.LogitBias.Keys.All(id => id >= 0 && id < pieces), $"logit_bias names a token outside the vocabulary: expected 0 to {pieces - 1}.", "logit_bias");
        Require(request.StopStrings.All(stop => stop.Length > 0), "A stop string is empty.", "stop");
        Require(request.StopStrings.All(IsText), "A stop string holds half a character (a lone surrogate). Send whole characters.", "stop");
        Require(request.ResumeIds.Count < request.MaxTokens, $"The answer to go on with has {request.ResumeIds.Count} tokens already; expected fewer than the {request.MaxTokens} asked for.");
        foreach (var id in request.PromptIds.Concat(request.ResumeIds))
        {
            Require(id >= 0 && id < pieces, $"Token id {id} is outside the vocabulary: expected 0 to {pieces - 1}.", "prompt");
        }

        var excess = (long)request.PromptIds.Count + request.MaxTokens - contextTokens;
        if (excess > 0)
        {
            throw new EngineException(
                EngineErrorCode.TooLong,
                $"The prompt has {request.PromptIds.Count} tokens and up to {request.MaxTokens} are asked for; a sequence holds {contextTokens} together, so {excess} are too many. Shorten the prompt or ask for fewer.")
            {
                ExcessTokens = (int)Math.Min(excess, int.MaxValue),
            };
        }

        Require(request.Picture is null || request.Adapter?.Manifest.TakesPictures == true, "A picture was sent, and the model takes none. Send it to an adapter with a visual front end.");
    }

    private static bool IsText(string stop) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(stop)) == stop;

    private static void Require(bool holds, string fault, string? field = null)
    {
        if (!holds)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, fault) { Field = field };
        }
    }
}
