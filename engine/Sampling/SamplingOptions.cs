namespace Herd.Engine.Sampling;

/// <summary>How a sequence's tokens are chosen.</summary>
public sealed record SamplingOptions
{
    /// <summary>The likeliest token every time.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>Divides the logits before the softmax.</summary>
    /// <value>Default 0, which takes the likeliest token (the lowest id on ties); otherwise 0.01 to 10.</value>
    public float Temperature { get; init; }

    /// <summary>Keeps the k likeliest tokens.</summary>
    /// <value>Default null, which keeps all; at least 1.</value>
    public int? TopK { get; init; }

    /// <summary>Keeps a token while the likelier ones sum to at most this; the likeliest is always kept.</summary>
    /// <value>Default 1, which keeps all; above 0.</value>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens that are at least this share as likely as the likeliest.</summary>
    /// <value>Default 0, which keeps all; at most 1.</value>
    public float MinP { get; init; }

    /// <summary>Subtracted from the logit of every token generated before.</summary>
    /// <value>Default 0; from -2 to 2.</value>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted from a token's logit once for every time it was generated before.</summary>
    /// <value>Default 0; from -2 to 2.</value>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of tokens.</summary>
    /// <value>Default empty; from -100 (never) to 100 (always) per token.</value>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Decides all choices together with position and token id: the same seed gives the same text.</summary>
    /// <value>Default 0.</value>
    public long Seed { get; init; }

    /// <summary>Whether the choice is made from changed logits.</summary>
    internal bool ChangesLogits => PresencePenalty != 0 || FrequencyPenalty != 0 || LogitBias.Count > 0;

    /// <summary>Throws where a value is out of range.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming value and range.</exception>
    public void Validate()
    {
        Require(Temperature is 0 or (>= 0.01f and <= 10), "temperature", "0 or from 0.01 to 10", Temperature);
        Require(TopK is null or >= 1, "top_k", "at least 1", TopK);
        Require(TopP is > 0 and <= 1, "top_p", "above 0 and at most 1", TopP);
        Require(MinP is >= 0 and <= 1, "min_p", "from 0 to 1", MinP);
        Require(PresencePenalty is >= -2 and <= 2, "presence_penalty", "from -2 to 2", PresencePenalty);
        Require(FrequencyPenalty is >= -2 and <= 2, "frequency_penalty", "from -2 to 2", FrequencyPenalty);
        foreach (var (token, bias) in LogitBias)
        {
            Require(bias is >= -100 and <= 100, "logit_bias", "from -100 to 100 for every token", $"{bias} for token {token}");
        }
    }

    private static void Require(bool holds, string name, string range, object? found)
    {
        if (!holds)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{name} must be {range}; it is {found}.") { Field = name };
        }
    }
}
