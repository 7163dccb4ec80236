using Herd.Engine.Sampling;

namespace Herd.Engine.Execution;

/// <summary>What a generation yields: any number of <see cref="TokenGenerated"/>, then one <see cref="GenerationFinished"/>.</summary>
public abstract record GenerationEvent
{
    /// <summary>Text completed by this event; may be empty, never half a character, never part of a stop string.</summary>
    public string Text { get; init; } = "";
}

/// <summary>One more token.</summary>
/// <param name="Index">Its index within the answer, from 0.</param>
/// <param name="TokenId">Its id.</param>
public sealed record TokenGenerated(int Index, int TokenId) : GenerationEvent
{
    /// <summary>Natural logarithm of the token's probability in the model's own distribution; null where it was not asked for.</summary>
    public float? LogProbability { get; init; }

    /// <summary>The likeliest tokens in its place, as many as were asked for.</summary>
    public IReadOnlyList<TokenProbability> Likeliest { get; init; } = [];
}

/// <summary>The answer is complete; <see cref="GenerationEvent.Text"/> holds what was held back until now.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="PromptTokens">Number of prompt tokens.</param>
/// <param name="CompletionTokens">Number of generated tokens, the end token not counted.</param>
/// <param name="AnswerTokens">How many leading generated tokens lie wholly before a stop string; all of them where none was found.</param>
public sealed record GenerationFinished(FinishReason Reason, int PromptTokens, int CompletionTokens, int AnswerTokens) : GenerationEvent
{
    /// <summary>How many of the prompt's tokens were in the cache already and not computed.</summary>
    public int ReusedTokens { get; init; }

    /// <summary>From submission to the first token.</summary>
    public TimeSpan TimeToFirstToken { get; init; }

    /// <summary>From submission to the end.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model's end token, or a stop string.</summary>
    Stop,

    /// <summary>The most tokens were generated.</summary>
    Length,
}
