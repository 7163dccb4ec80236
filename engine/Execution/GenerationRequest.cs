using Herd.Engine.Adapters;
using Herd.Engine.Sampling;

namespace Herd.Engine.Execution;

/// <summary>One sequence to generate.</summary>
public sealed record GenerationRequest
{
    /// <summary>Token ids to start from, the beginning-of-text token included; at least one.</summary>
    public required IReadOnlyList<int> PromptIds { get; init; }

    /// <summary>The adapter; null for the bare base.</summary>
    public AdapterLease? Adapter { get; init; }

    /// <summary>Bytes of a PNG, JPEG, WebP or GIF picture; null for none. Needs an adapter with a visual front end and a loaded image encoder.</summary>
    public byte[]? Picture { get; init; }

    /// <summary>Keeps cached results of different owners apart.</summary>
    /// <value>Default empty: one owner.</value>
    public string Scope { get; init; } = "";

    /// <summary>The scope's share where several compete: one with 3 is served three times the tokens of one with 1. The newest request's counts.</summary>
    /// <value>Default 1; from 1 to 1,000.</value>
    public int Share { get; init; } = 1;

    /// <summary>
    /// Ids of this answer that the reader has already: the generation goes on behind them as if it had never stopped. They count as generated, and
    /// are not reported again.
    /// </summary>
    public IReadOnlyList<int> ResumeIds { get; init; } = [];

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Most tokens to generate, the end token not counted; at least 1.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Texts that end the answer and are cut off it.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Whether the model's end token is generated like any other: the answer then ends by length or by a stop string.</summary>
    public bool IgnoreEnd { get; init; }

    /// <summary>How many of the likeliest tokens are reported beside each chosen one.</summary>
    /// <value>Default null: no log-probabilities at all; from 0 (the chosen token's alone) to 20.</value>
    public int? LikeliestTokens { get; init; }

    /// <summary>A picture that is prepared already; it takes the place of <see cref="Picture"/>.</summary>
    internal PreparedPicture? PreparedPicture { get; init; }

    /// <summary>The tokens that end the answer; null for the base's.</summary>
    internal IReadOnlySet<int>? EndIds { get; init; }
}
